using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Finds objects by id, else by exact name (H.2), else by the beginning of their id.</summary>
internal static class Lookup
{
    public static async Task<Cluster> ClusterAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var all = (await client.ListClustersAsync(new ListClustersRequest(), cancellationToken: cancellationToken)).Clusters;
        return One("cluster", text, all, c => c.Id, c => c.Spec.Annotations.Name);
    }

    public static async Task<Node> NodeAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var all = (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes;
        return One("node", text, all, n => n.Id, NameOf);
    }

    public static async Task<Service> ServiceAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var all = (await client.ListServicesAsync(new ListServicesRequest(), cancellationToken: cancellationToken)).Services;
        return One("service", text, all, s => s.Id, s => s.Spec.Annotations.Name);
    }

    public static async Task<SwarmTask> TaskAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { IdPrefixes = { text } } };
        var all = (await client.ListTasksAsync(request, cancellationToken: cancellationToken)).Tasks;
        return One("task", text, all, t => t.Id, _ => "");
    }

    public static string NameOf(Node node) =>
        node.Spec?.Annotations is { Name.Length: > 0 } annotations ? annotations.Name : node.Description?.Hostname ?? "";

    private static T One<T>(string kind, string text, IReadOnlyCollection<T> all, Func<T, string> idOf, Func<T, string> nameOf)
    {
        var found = all.Where(o => idOf(o) == text).ToList();
        if (found.Count == 0)
        {
            found = [.. all.Where(o => nameOf(o) == text)];
        }

        if (found.Count == 0)
        {
            found = [.. all.Where(o => idOf(o).StartsWith(text, StringComparison.Ordinal))];
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new CommandException($"{kind} {text} not found"),
            _ => throw new CommandException($"{kind} {text} is ambiguous ({found.Count} matches found)"),
        };
    }
}
