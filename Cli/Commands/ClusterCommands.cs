using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl cluster</c>.</summary>
internal static class ClusterCommands
{
    public static Command Create(GlobalOptions globals) => new("cluster", "Cluster settings and join tokens")
    {
        List(globals), Inspect(globals), Update(globals),
    };

    private static Command List(GlobalOptions globals)
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ls", "List clusters") { quiet };
        command.SetAction(async (result, cancellationToken) =>
        {
            var clusters = (await globals.Client(result).ListClustersAsync(new ListClustersRequest(), cancellationToken: cancellationToken)).Clusters;
            if (globals.IsJson(result))
            {
                globals.WriteJson(clusters);
                return;
            }

            if (result.GetValue(quiet))
            {
                clusters.ToList().ForEach(c => globals.Output.WriteLine(c.Id));
                return;
            }

            var table = new TextTable("ID", "Name");
            clusters.ToList().ForEach(c => table.Add(c.Id, c.Spec.Annotations.Name));
            table.WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("CLUSTER");
        var command = new Command("inspect", "Show a cluster's settings and join tokens") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var cluster = await Lookup.ClusterAsync(globals.Client(result), result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(cluster);
            }
            else
            {
                Write(globals.Output, cluster);
            }
        });
        return command;
    }

    private static void Write(TextWriter output, Cluster cluster)
    {
        var spec = cluster.Spec;
        var summary = new Summary().Add("ID", cluster.Id).Add("Name", spec.Annotations.Name)
            .Head("Orchestration settings")
            .Add("  Task history entries", (spec.Orchestration?.TaskHistoryRetentionLimit ?? 5).ToString(CultureInfo.InvariantCulture))
            .Head("Dispatcher settings")
            .Add("  Dispatcher heartbeat period", Text.Span(spec.Dispatcher?.HeartbeatPeriod))
            .Head("Published port settings")
            .Add("  Dynamic ports", spec.DynamicPorts is { } ports ? $"{ports.First}-{ports.Last}" : "30000-32767")
            .Head("Certificate Authority settings")
            .Add("  Certificate Validity Duration", Text.Span(spec.CaConfig?.NodeCertExpiry));
        summary.Head("  Join Tokens").Line($"    Worker: {cluster.RootCa?.JoinTokens?.Worker}").Line($"    Manager: {cluster.RootCa?.JoinTokens?.Manager}");
        if (spec.TaskDefaults?.LogDriver is { } driver)
        {
            summary.Add("Default Log Driver", driver.Name);
        }

        summary.WriteTo(output);
    }

    private static Command Update(GlobalOptions globals)
    {
        var name = new Argument<string>("CLUSTER");
        var history = new Option<long?>("--taskhistory") { Description = "old tasks kept per slot; negative for all" };
        var expiry = new Option<string?>("--certexpiry") { Description = "validity of node certificates" };
        var heartbeat = new Option<string?>("--heartbeatperiod") { Description = "time between heartbeats" };
        var dynamicPorts = new Option<string?>("--dynamic-ports") { Description = "range for published ports without a number, FIRST-LAST" };
        var rotate = new Option<string?>("--rotate-join-token") { Description = "worker or manager" };
        var command = new Command("update", "Change a cluster's settings") { name, history, expiry, heartbeat, dynamicPorts, rotate };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var cluster = await Lookup.ClusterAsync(client, result.GetValue(name)!, cancellationToken);
            var spec = cluster.Spec.Clone();
            if (result.GetValue(history) is { } entries)
            {
                spec.Orchestration.TaskHistoryRetentionLimit = entries;
            }

            if (result.GetValue(expiry) is { } validity)
            {
                spec.CaConfig.NodeCertExpiry = Durations.Parse("--certexpiry", validity);
            }

            if (result.GetValue(heartbeat) is { } period)
            {
                spec.Dispatcher.HeartbeatPeriod = Durations.Parse("--heartbeatperiod", period);
            }

            if (result.GetValue(dynamicPorts) is { } range)
            {
                spec.DynamicPorts = Ports.Range("--dynamic-ports", range);
            }

            var rotation = result.GetValue(rotate) switch
            {
                null => new KeyRotation(),
                "worker" => new KeyRotation { WorkerJoinToken = true },
                "manager" => new KeyRotation { ManagerJoinToken = true },
                var other => throw new CommandException($"--rotate-join-token: \"{other}\" is neither worker nor manager"),
            };
            var request = new UpdateClusterRequest { ClusterId = cluster.Id, ClusterVersion = cluster.Meta.Version, Spec = spec, Rotation = rotation };
            var updated = (await client.UpdateClusterAsync(request, cancellationToken: cancellationToken)).Cluster;
            globals.Output.WriteLine(updated.Id);
        });
        return command;
    }
}
