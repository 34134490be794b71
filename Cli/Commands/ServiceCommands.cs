using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl service</c>.</summary>
internal static class ServiceCommands
{
    public static Command Create(GlobalOptions globals)
    {
        var command = new Command("service", "Services: what should run")
        {
            List(globals), CreateService(globals), Inspect(globals), Update(globals), Remove(globals), Ps(globals),
        };
        command.Aliases.Add("svc");
        return command;
    }

    private static Command List(GlobalOptions globals)
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ls", "List services") { quiet };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var services = (await client.ListServicesAsync(new ListServicesRequest(), cancellationToken: cancellationToken)).Services
                .OrderBy(s => s.Spec.Annotations.Name, StringComparer.Ordinal).ToList();
            if (globals.IsJson(result))
            {
                globals.WriteJson(services);
                return;
            }

            if (result.GetValue(quiet))
            {
                services.ForEach(s => globals.Output.WriteLine(s.Id));
                return;
            }

            var running = await RunningAsync(client, services, cancellationToken);
            var table = new TextTable("ID", "Name", "Image", "Replicas");
            foreach (var service in services)
            {
                table.Add(service.Id, service.Spec.Annotations.Name, service.Spec.Task.Container?.Image ?? "", Replicas(service, running));
            }

            table.WriteTo(globals.Output);
        });
        return command;
    }

    // Tasks that run, on nodes that are heard of.
    private static async Task<Dictionary<string, int>> RunningAsync(
        ControlRpc.ControlClient client, List<Service> services, CancellationToken cancellationToken)
    {
        if (services.Count == 0)
        {
            return [];
        }

        var nodes = (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes;
        var down = nodes.Where(n => n.Status?.State == NodeStatus.Types.State.Down).Select(n => n.Id).ToHashSet();
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { ServiceIds = { services.Select(s => s.Id) } } };
        var tasks = (await client.ListTasksAsync(request, cancellationToken: cancellationToken)).Tasks;
        return tasks.Where(t => t.Status.State == TaskState.Running && !down.Contains(t.NodeId)).GroupBy(t => t.ServiceId).ToDictionary(g => g.Key, g => g.Count());
    }

    private static string Replicas(Service service, Dictionary<string, int> running) => service.Spec.Replicated is { } replicated
        ? string.Create(CultureInfo.InvariantCulture, $"{running.GetValueOrDefault(service.Id)}/{replicated.Replicas}")
        : "global";

    private static Command CreateService(GlobalOptions globals)
    {
        var name = new Option<string>("--name") { Description = "name of the service", Required = true };
        var mode = new Option<string>("--mode") { Description = "replicated", DefaultValueFactory = _ => "replicated" };
        var flags = new ServiceFlags();
        var command = new Command("create", "Create a service") { name, mode };
        flags.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            if (result.GetValue(mode) != "replicated")
            {
                throw new CommandException($"--mode: \"{result.GetValue(mode)}\" is not served by this version, only replicated");
            }

            var spec = new ServiceSpec
            {
                Annotations = new Annotations { Name = result.GetValue(name) },
                Task = new TaskSpec { Container = new ContainerSpec() },
                Replicated = new ReplicatedService { Replicas = 1 },
            };
            flags.Apply(result, spec);
            if (spec.Task.Container.Image.Length == 0)
            {
                throw new CommandException("--image is mandatory");
            }

            var created = (await globals.Client(result).CreateServiceAsync(new CreateServiceRequest { Spec = spec }, cancellationToken: cancellationToken)).Service;
            Answer(globals, result, created);
        });
        return command;
    }

    private static Command Update(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var force = new Option<bool>("--force") { Description = "replace all tasks although nothing has changed" };
        var rollback = new Option<bool>("--rollback") { Description = "go back to the previous spec" };
        var flags = new ServiceFlags();
        var command = new Command("update", "Change a service") { name, force, rollback };
        flags.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            var spec = service.Spec.Clone();
            flags.Apply(result, spec);
            if (result.GetValue(force))
            {
                spec.Task.ForceUpdate++;
            }

            var isRollback = result.GetValue(rollback);
            if (!isRollback && spec.Equals(service.Spec))
            {
                throw new CommandException("no changes detected");
            }

            var request = new UpdateServiceRequest
            {
                ServiceId = service.Id,
                ServiceVersion = service.Meta.Version,
                Spec = spec,
                Rollback = isRollback ? UpdateServiceRequest.Types.Rollback.Previous : UpdateServiceRequest.Types.Rollback.None,
            };
            Answer(globals, result, (await client.UpdateServiceAsync(request, cancellationToken: cancellationToken)).Service);
        });
        return command;
    }

    private static void Answer(GlobalOptions globals, ParseResult result, Service service)
    {
        if (globals.IsJson(result))
        {
            globals.WriteJson(service);
        }
        else
        {
            globals.Output.WriteLine(service.Id);
        }
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var all = new Option<bool>("--all", "-a") { Description = "old tasks too" };
        var command = new Command("inspect", "Show a service and its tasks") { name, all };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(service);
                return;
            }

            ServiceSummary.Write(globals.Output, service, Replicas(service, await RunningAsync(client, [service], cancellationToken)));
            globals.Output.WriteLine();
            await WriteTasksAsync(globals, client, service, result.GetValue(all), result, cancellationToken);
        });
        return command;
    }

    private static Command Ps(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var all = new Option<bool>("--all", "-a") { Description = "old tasks too" };
        var command = new Command("ps", "List a service's tasks") { name, all };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            await WriteTasksAsync(globals, client, service, result.GetValue(all), result, cancellationToken);
        });
        return command;
    }

    private static async Task WriteTasksAsync(
        GlobalOptions globals, ControlRpc.ControlClient client, Service service, bool all, ParseResult result, CancellationToken cancellationToken)
    {
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { ServiceIds = { service.Id } } };
        var tasks = (await client.ListTasksAsync(request, cancellationToken: cancellationToken)).Tasks;
        if (globals.IsJson(result))
        {
            globals.WriteJson(TaskTable.Sort(tasks));
            return;
        }

        await TaskTable.WriteAsync(globals, client, tasks, all, globals.ShowsIds(result), cancellationToken);
    }

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var command = new Command("remove", "Remove a service and stop its tasks") { name };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            await client.RemoveServiceAsync(new RemoveServiceRequest { ServiceId = service.Id }, cancellationToken: cancellationToken);
            globals.Output.WriteLine(result.GetValue(name));
        });
        return command;
    }
}
