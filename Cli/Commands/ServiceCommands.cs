using System.CommandLine;
using System.Globalization;
using Google.Protobuf.Collections;
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
            RolloutCommands.Pause(globals), RolloutCommands.Resume(globals), RolloutCommands.RollBack(globals), RolloutCommands.Revisions(globals),
            RebalanceCommand.Create(globals), ExplainCommands.Service(globals),
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
            // SwarmKit's columns, unless there is something to show beside them.
            string[] more = services.Any(s => Ports.Of(s).Count > 0) ? ["Ports"] : [];
            var table = new TextTable(["ID", "Name", "Image", "Replicas", .. more]);
            foreach (var service in services)
            {
                var image = service.Spec.Task.Container?.Image ?? "";
                table.Add([service.Id, service.Spec.Annotations.Name, image, Replicas(service, running), .. more.Select(_ => Ports.Spell(Ports.Of(service)))]);
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

    private static string Replicas(Service service, Dictionary<string, int> running) => service.Spec.ModeCase switch
    {
        ServiceSpec.ModeOneofCase.Replicated => string.Create(
            CultureInfo.InvariantCulture, $"{running.GetValueOrDefault(service.Id)}/{service.Spec.Replicated.Replicas}"),
        ServiceSpec.ModeOneofCase.ReplicatedJob => string.Create(
            CultureInfo.InvariantCulture, $"{running.GetValueOrDefault(service.Id)}/{service.Spec.ReplicatedJob.MaxConcurrent} of {service.Spec.ReplicatedJob.TotalCompletions}"),
        ServiceSpec.ModeOneofCase.GlobalJob => "global job",
        _ => "global",
    };

    private static Command CreateService(GlobalOptions globals)
    {
        var name = new Option<string>("--name") { Description = "name of the service", Required = true };
        var mode = new Option<string>("--mode") { Description = "replicated, global, replicated-job or global-job", DefaultValueFactory = _ => "replicated" };
        var flags = new ServiceFlags();
        var references = ReferenceFlags.ForCreate();
        var dryRun = PlanOutput.DryRun();
        var command = new Command("create", "Create a service") { name, mode, dryRun };
        flags.AddTo(command);
        references.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var spec = new ServiceSpec
            {
                Annotations = new Annotations { Name = result.GetValue(name) },
                Task = new TaskSpec { Container = new ContainerSpec() },
            };
            SetMode(spec, result.GetValue(mode)!);
            flags.Apply(result, spec);
            if (spec.Task.Container.Image.Length == 0)
            {
                throw new CommandException("--image is mandatory");
            }

            var client = globals.Client(result);
            await references.ApplyAsync(client, result, spec, cancellationToken);
            if (result.GetValue(dryRun))
            {
                await PlanOutput.PlanAsync(globals, result, new PlanServiceRequest { Spec = spec }, cancellationToken);
                return;
            }

            var created = (await client.CreateServiceAsync(new CreateServiceRequest { Spec = spec }, cancellationToken: cancellationToken)).Service;
            globals.Answer(result, created, created.Id);
        });
        return command;
    }

    private static void SetMode(ServiceSpec spec, string mode)
    {
        switch (mode)
        {
            case "replicated":
                spec.Replicated = new ReplicatedService { Replicas = 1 };
                break;
            case "global":
                spec.Global = new GlobalService();
                break;
            case "replicated-job":
                spec.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 1, TotalCompletions = 1 };
                break;
            case "global-job":
                spec.GlobalJob = new GlobalJob();
                break;
            default:
                throw new CommandException($"--mode: \"{mode}\" is neither replicated, global, replicated-job nor global-job");
        }
    }

    private static Command Update(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var force = new Option<bool>("--force") { Description = "replace all tasks although nothing has changed" };
        var rollback = new Option<bool>("--rollback") { Description = "go back to the previous spec" };
        var added = new Option<string[]>("--add-capability") { Description = "kernel capability that the container gets" };
        var removed = new Option<string[]>("--rm-capability") { Description = "kernel capability that the container loses" };
        var flags = new ServiceFlags();
        var published = new PublishFlags();
        var references = ReferenceFlags.ForUpdate();
        var dryRun = PlanOutput.DryRun();
        var command = new Command("update", "Change a service") { name, force, rollback, added, removed, dryRun };
        flags.AddTo(command);
        published.AddTo(command);
        references.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            var spec = service.Spec.Clone();
            flags.Apply(result, spec);
            published.Apply(result, spec);
            await references.ApplyAsync(client, result, spec, cancellationToken);
            Move(result.GetValue(added) ?? [], spec.Task.Container?.CapabilityDrop, spec.Task.Container?.CapabilityAdd);
            Move(result.GetValue(removed) ?? [], spec.Task.Container?.CapabilityAdd, spec.Task.Container?.CapabilityDrop);
            if (result.GetValue(force))
            {
                spec.Task.ForceUpdate++;
            }

            if (!result.GetValue(rollback) && spec.Equals(service.Spec))
            {
                throw new CommandException("no changes detected");
            }

            await UpdateAsync(globals, result, client, service, spec, result.GetValue(rollback), result.GetValue(dryRun), cancellationToken);
        });
        return command;
    }

    // A capability that was taken is given back before it is given, and the other way round.
    private static void Move(string[] capabilities, RepeatedField<string>? from, RepeatedField<string>? to)
    {
        foreach (var capability in capabilities)
        {
            if (from is not null && !from.Remove(capability) && to is not null && !to.Contains(capability))
            {
                to.Add(capability);
            }
        }
    }

    private static async Task UpdateAsync(
        GlobalOptions globals,
        ParseResult result,
        ControlRpc.ControlClient client,
        Service service,
        ServiceSpec spec,
        bool isRollback,
        bool isDryRun,
        CancellationToken cancellationToken)
    {
        var request = new UpdateServiceRequest
        {
            ServiceId = service.Id,
            ServiceVersion = service.Meta.Version,
            Spec = spec,
            Rollback = isRollback ? UpdateServiceRequest.Types.Rollback.Previous : UpdateServiceRequest.Types.Rollback.None,
        };
        if (isDryRun)
        {
            var plan = new PlanServiceRequest { ServiceId = request.ServiceId, ServiceVersion = request.ServiceVersion, Spec = spec, Rollback = request.Rollback };
            await PlanOutput.PlanAsync(globals, result, plan, cancellationToken);
            return;
        }

        var updated = (await client.UpdateServiceAsync(request, cancellationToken: cancellationToken)).Service;
        globals.Answer(result, updated, updated.Id);
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
