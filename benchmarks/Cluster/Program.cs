using System.CommandLine;
using SwarmOrleans.Benchmarks.ClusterLoad.Loads;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;

var managers = new Option<int>("--managers") { Description = "manager processes", DefaultValueFactory = _ => 3 };
var agents = new Option<int>("--agents") { Description = "agents in this process", DefaultValueFactory = _ => 50 };
var nodes = new Option<int>("--nodes") { Description = "nodes that tasks are placed on", DefaultValueFactory = _ => 1000 };
var tasks = new Option<int>("--tasks") { Description = "tasks", DefaultValueFactory = _ => 1000 };
var rounds = new Option<int>("--rounds") { Description = "rounds; medians are of them", DefaultValueFactory = _ => 5 };
var seconds = new Option<double>("--seconds") { Description = "length of one measurement", DefaultValueFactory = _ => 3 };
var disk = new Option<string>("--disk") { Description = "directory on the disk to measure; the managers' logs are there", DefaultValueFactory = _ => Path.GetTempPath() };
var clients = new Option<int[]>("--clients") { Description = "concurrent writers", DefaultValueFactory = _ => [1, 64, 256], AllowMultipleArgumentsPerToken = true };
var serviceTasks = new Option<int>("--service-tasks") { Description = "tasks of one service", DefaultValueFactory = _ => 1000 };
var constraints = new Option<bool>("--constraints") { Description = "services are bound to a zone" };
var preferences = new Option<bool>("--preferences") { Description = "services are spread over zones, then racks" };
var withStore = new Option<bool>("--store") { Description = "also commit the placements to a store whose log is in memory" };
var noPlaintext = new Option<bool>("--no-plaintext") { Description = "compare with TLS only" };
var output = new Option<string>("--output") { Description = "table, or json for one object on the last line", DefaultValueFactory = _ => "table" };
output.AcceptOnlyFromAmong("table", "json");

return await new RootCommand("Load programs: each starts what it measures, prints figures beside its peers', and takes everything down.")
{
    Load("store", "writes of three managers beside etcd's", [clients, noPlaintext, rounds, seconds, disk], (given, report) =>
        StoreLoad.RunAsync(
            given.GetValue(clients)!, given.GetValue(noPlaintext), given.GetValue(rounds), given.GetValue(seconds), given.GetValue(disk)!, report)),
    Load("deploy", "from the create of a service to its tasks RUNNING", [managers, agents, tasks, rounds, disk], (given, report) =>
        DeployLoad.RunAsync(
            given.GetValue(managers), given.GetValue(agents), given.GetValue(tasks), given.GetValue(rounds), given.GetValue(disk)!, report)),
    Load("update", "a rolling update, one task at a time", [managers, agents, tasks, rounds, disk], (given, report) =>
        UpdateLoad.RunAsync(
            given.GetValue(managers), given.GetValue(agents), given.GetValue(tasks), given.GetValue(rounds), given.GetValue(disk)!, report)),
    Load("scheduler", "decisions of the scheduler, alone and into a store", [nodes, tasks, rounds, serviceTasks, constraints, preferences, withStore], (given, report) =>
        SchedulerLoad.RunAsync(
            new SchedulerSamples(
                given.GetValue(nodes), given.GetValue(tasks), given.GetValue(serviceTasks), given.GetValue(constraints), given.GetValue(preferences)),
            given.GetValue(rounds), given.GetValue(withStore), report)),
    Load("failover", "from the death of the leader to the next accepted write", [managers, agents, tasks, rounds, disk], (given, report) =>
        FailoverLoad.RunAsync(
            given.GetValue(managers), given.GetValue(agents), given.GetValue(tasks), given.GetValue(rounds), given.GetValue(disk)!, report)),
    Load("sessions", "what idle agents cost the managers", [managers, agents, seconds, disk], (given, report) =>
        SessionsLoad.RunAsync(given.GetValue(managers), given.GetValue(agents), given.GetValue(seconds), given.GetValue(disk)!, report)),
}.Parse(args).InvokeAsync();

Command Load(string name, string description, IEnumerable<Option> options, Func<ParseResult, Report, Task> run)
{
    var command = new Command(name, description);
    foreach (var option in options.Append(output))
    {
        command.Options.Add(option);
    }

    command.SetAction(async (given, _) =>
    {
        var report = new Report(given.GetValue(output) == "json");
        await run(given, report);
        report.End();
    });
    return command;
}
