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

    // A node is known by its annotation or its host name; the list's filter knows the latter only.
    public static async Task<Node> NodeAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var all = (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes;
        return One("node", text, all, n => n.Id, NameOf);
    }

    public static Task<Service> ServiceAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken) => FindAsync(
        "service",
        text,
        async filters => (await client.ListServicesAsync(new ListServicesRequest { Filters = filters }, cancellationToken: cancellationToken)).Services,
        new ListServicesRequest.Types.Filters { Names = { text } },
        new ListServicesRequest.Types.Filters { IdPrefixes = { text } },
        s => s.Id,
        s => s.Spec.Annotations.Name);

    public static Task<Network> NetworkAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken) => FindAsync(
        "network",
        text,
        async filters => (await client.ListNetworksAsync(new ListNetworksRequest { Filters = filters }, cancellationToken: cancellationToken)).Networks,
        new ListNetworksRequest.Types.Filters { Names = { text } },
        new ListNetworksRequest.Types.Filters { IdPrefixes = { text } },
        n => n.Id,
        n => n.Spec.Annotations.Name);

    public static Task<Secret> SecretAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken) => FindAsync(
        "secret",
        text,
        async filters => (await client.ListSecretsAsync(new ListSecretsRequest { Filters = filters }, cancellationToken: cancellationToken)).Secrets,
        new ListSecretsRequest.Types.Filters { Names = { text } },
        new ListSecretsRequest.Types.Filters { IdPrefixes = { text } },
        s => s.Id,
        s => s.Spec.Annotations.Name);

    public static Task<Config> ConfigAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken) => FindAsync(
        "config",
        text,
        async filters => (await client.ListConfigsAsync(new ListConfigsRequest { Filters = filters }, cancellationToken: cancellationToken)).Configs,
        new ListConfigsRequest.Types.Filters { Names = { text } },
        new ListConfigsRequest.Types.Filters { IdPrefixes = { text } },
        c => c.Id,
        c => c.Spec.Annotations.Name);

    public static Task<Volume> VolumeAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken) => FindAsync(
        "volume",
        text,
        async filters => (await client.ListVolumesAsync(new ListVolumesRequest { Filters = filters }, cancellationToken: cancellationToken)).Volumes,
        new ListVolumesRequest.Types.Filters { Names = { text } },
        new ListVolumesRequest.Types.Filters { IdPrefixes = { text } },
        v => v.Id,
        v => v.Spec.Annotations.Name);

    public static async Task<SwarmTask> TaskAsync(ControlRpc.ControlClient client, string text, CancellationToken cancellationToken)
    {
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { IdPrefixes = { text } } };
        var all = (await client.ListTasksAsync(request, cancellationToken: cancellationToken)).Tasks;
        return One("task", text, all, t => t.Id, _ => "");
    }

    public static string NameOf(Node node) =>
        node.Spec?.Annotations is { Name.Length: > 0 } annotations ? annotations.Name : node.Description?.Hostname ?? "";

    // Only what has the name or the beginning of the id is asked for.
    private static async Task<T> FindAsync<T, TFilters>(
        string kind,
        string text,
        Func<TFilters, Task<Google.Protobuf.Collections.RepeatedField<T>>> list,
        TFilters byName,
        TFilters byId,
        Func<T, string> idOf,
        Func<T, string> nameOf) => One(kind, text, [.. (await list(byId)).Concat(await list(byName)).DistinctBy(idOf)], idOf, nameOf);

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
