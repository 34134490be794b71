using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl task</c>.</summary>
internal static class TaskCommands
{
    public static Command Create(GlobalOptions globals) => new("task", "Tasks: single runs of services")
    {
        List(globals), Inspect(globals), ExplainCommands.Task(globals), Remove(globals),
    };

    private static Command List(GlobalOptions globals)
    {
        var all = new Option<bool>("--all", "-a") { Description = "old tasks too" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ls", "List tasks") { all, quiet };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var tasks = TaskTable.Sort((await client.ListTasksAsync(new ListTasksRequest(), cancellationToken: cancellationToken)).Tasks)
                .Where(t => result.GetValue(all) || t.DesiredState <= TaskState.Running).ToList();
            if (globals.IsJson(result))
            {
                globals.WriteJson(tasks);
                return;
            }

            if (result.GetValue(quiet))
            {
                tasks.ForEach(t => globals.Output.WriteLine(t.Id));
                return;
            }

            var nodes = (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes.ToDictionary(n => n.Id, Lookup.NameOf);
            var table = new TextTable("ID", "Service", "Desired State", "Last State", "Node");
            var now = TimeProvider.System.GetUtcNow();
            foreach (var task in tasks)
            {
                var node = globals.ShowsIds(result) ? task.NodeId : nodes.GetValueOrDefault(task.NodeId, task.NodeId);
                table.Add(task.Id, $"{task.ServiceAnnotations?.Name}.{task.Slot}", Text.Of(task.DesiredState), Text.WithAge(task.Status, now), node);
            }

            table.WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var id = new Argument<string>("TASK");
        var command = new Command("inspect", "Show a task") { id };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var task = await Lookup.TaskAsync(client, result.GetValue(id)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(task);
                return;
            }

            var summary = new Summary().Add("ID", task.Id).Add("Slot", task.Slot.ToString(CultureInfo.InvariantCulture))
                .Add("Service", task.ServiceAnnotations?.Name)
                .Head("Status").Add("  Desired State", Text.Of(task.DesiredState)).Add("  Last State", Text.Of(task.Status.State))
                .Add("  Timestamp", Text.Time(task.Status.Timestamp)).Add("  Message", task.Status.Message).Add("  Error", task.Status.Err);
            if (task.Status.Container is { } container)
            {
                summary.Add("  Pid", container.Pid.ToString(CultureInfo.InvariantCulture)).Add("  ContainerID", container.ContainerId)
                    .Add("  ExitCode", container.ExitCode.ToString(CultureInfo.InvariantCulture));
            }

            foreach (var port in task.Status.PortStatus?.Ports ?? [])
            {
                summary.Add("  Port", Ports.Spell(port));
            }

            summary.Add("Node", task.NodeId).Head("Spec").Add("  Image", task.Spec.Container?.Image)
                .Add("  Command", string.Join(' ', task.Spec.Container?.Command ?? [])).Add("  Args", string.Join(' ', task.Spec.Container?.Args ?? []));
            summary.WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Remove(GlobalOptions globals)
    {
        var id = new Argument<string>("TASK");
        var command = new Command("remove", "Delete a task's object; its service makes another") { id };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var task = await Lookup.TaskAsync(client, result.GetValue(id)!, cancellationToken);
            await client.RemoveTaskAsync(new RemoveTaskRequest { TaskId = task.Id }, cancellationToken: cancellationToken);
            globals.Output.WriteLine(task.Id);
        });
        return command;
    }
}
