using System.CommandLine;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using FailureAction = SwarmOrleans.Contracts.UpdateConfig.Types.FailureAction;
using UpdateOrder = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Flags that say what a service is. Only those that are given change a spec, so that others are kept over an update.</summary>
internal sealed class ServiceFlags
{
    private readonly List<(Option Option, Action<ParseResult, ServiceSpec> Apply)> _flags = [];

    public ServiceFlags()
    {
        Text("--image", "image of the container", (s, v) => Container(s).Image = v);
        Text("--hostname", "host name of the container", (s, v) => Container(s).Hostname = v);
        Text("--user", "user, or user:group", (s, v) => Container(s).User = v);
        Text("--workdir", "working directory", (s, v) => Container(s).Dir = v);
        Text("--stop-signal", "signal that asks a task to stop", (s, v) => Container(s).StopSignal = v);
        Span("--stop-grace-period", "time to stop before it is killed", (s, v) => Container(s).StopGracePeriod = v);
        Flag("--tty", "allocate a terminal", (s, v) => Container(s).Tty = v);
        Flag("--open-stdin", "keep standard input open", (s, v) => Container(s).OpenStdin = v);
        Flag("--read-only", "mount the root file system read-only", (s, v) => Container(s).ReadOnly = v);
        Flag("--init", "run an init inside", (s, v) => Container(s).Init = v);
        Texts("--command", "command, word by word", (s, v) => Replace(Container(s).Command, v));
        Texts("--args", "arguments, word by word", (s, v) => Replace(Container(s).Args, v));
        Texts("--env", "environment, NAME=VALUE", (s, v) => Replace(Container(s).Env, v));
        Texts("--label", "service label, key=value", SetLabels);
        Texts("--constraint", "placement constraint, such as node.role==worker", (s, v) => Replace(Placement(s).Constraints, v));
        Texts("--bind", "bind mount, source:target", (s, v) => AddMounts(s, "--bind", Mount.Types.Type.Bind, v));
        Texts("--volume", "anonymous volume at target", (s, v) => AddMounts(s, "--volume", Mount.Types.Type.Volume, v));
        Texts("--tmpfs", "memory file system at target", (s, v) => AddMounts(s, "--tmpfs", Mount.Types.Type.Tmpfs, v));
        Number("--replicas", "number of tasks", (s, v) => s.Replicated = new ReplicatedService { Replicas = v });
        Number("--replicas-max-per-node", "most tasks on one node", (s, v) => Placement(s).MaxReplicas = v);
        AddResources();
        AddRestart();
        AddUpdate("--update", s => s.Update ??= new UpdateConfig());
        AddUpdate("--rollback", s => s.Rollback ??= new UpdateConfig());
    }

    public void AddTo(Command command) => _flags.ForEach(f => command.Add(f.Option));

    /// <summary>Changes <paramref name="spec"/> by the flags that were given.</summary>
    public void Apply(ParseResult result, ServiceSpec spec)
    {
        foreach (var (option, apply) in _flags)
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                apply(result, spec);
            }
        }
    }

    private static ContainerSpec Container(ServiceSpec spec) => spec.Task.Container ??= new ContainerSpec();

    private static Placement Placement(ServiceSpec spec) => spec.Task.Placement ??= new Placement();

    private static Resources Limits(ServiceSpec spec) => (spec.Task.Resources ??= new ResourceRequirements()).Limits ??= new Resources();

    private static Resources Reservations(ServiceSpec spec) => (spec.Task.Resources ??= new ResourceRequirements()).Reservations ??= new Resources();

    // A policy whose condition is not set means "never restart" on the wire.
    private static RestartPolicy Restart(ServiceSpec spec) => spec.Task.Restart ??= new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.Any };

    private static void Replace<T>(Google.Protobuf.Collections.RepeatedField<T> field, IEnumerable<T> values)
    {
        field.Clear();
        field.AddRange(values);
    }

    private static void SetLabels(ServiceSpec spec, string[] labels)
    {
        spec.Annotations.Labels.Clear();
        foreach (var (key, value) in KeyValues.Parse("--label", labels))
        {
            spec.Annotations.Labels[key] = value;
        }
    }

    private static void AddMounts(ServiceSpec spec, string option, Mount.Types.Type type, string[] texts)
    {
        var mounts = Container(spec).Mounts;
        var kept = mounts.Where(m => m.Type != type).ToList();
        mounts.Clear();
        mounts.AddRange(kept);
        foreach (var text in texts)
        {
            var parts = text.Split(':', 2);
            if (type == Mount.Types.Type.Bind && parts.Length != 2)
            {
                throw new CommandException($"{option}: \"{text}\" is not of the form source:target");
            }

            mounts.Add(type == Mount.Types.Type.Bind
                ? new Mount { Type = type, Source = parts[0], Target = parts[1] }
                : new Mount { Type = type, Target = parts[0] });
        }
    }

    private void AddResources()
    {
        Text("--cpu-limit", "CPUs that a task may use", (s, v) => Limits(s).NanoCpus = Quantities.NanoCpus("--cpu-limit", v));
        Text("--cpu-reservation", "CPUs that a task's node must have free", (s, v) => Reservations(s).NanoCpus = Quantities.NanoCpus("--cpu-reservation", v));
        Text("--memory-limit", "memory that a task may use", (s, v) => Limits(s).MemoryBytes = Quantities.Bytes("--memory-limit", v));
        Text("--memory-reservation", "memory that a task's node must have free", (s, v) => Reservations(s).MemoryBytes = Quantities.Bytes("--memory-reservation", v));
    }

    private void AddRestart()
    {
        Text("--restart-condition", "any, failure or none", (s, v) => Restart(s).Condition = v switch
        {
            "any" => RestartPolicy.Types.RestartCondition.Any,
            "failure" => RestartPolicy.Types.RestartCondition.OnFailure,
            "none" => RestartPolicy.Types.RestartCondition.None,
            _ => throw new CommandException($"--restart-condition: \"{v}\" is neither any, failure nor none"),
        });
        Span("--restart-delay", "pause before a restart", (s, v) => Restart(s).Delay = v);
        Span("--restart-window", "time in which restarts are counted", (s, v) => Restart(s).Window = v);
        Number("--restart-max-attempts", "restarts before it is given up; 0 for no limit", (s, v) => Restart(s).MaxAttempts = v);
    }

    private void AddUpdate(string prefix, Func<ServiceSpec, UpdateConfig> config)
    {
        Number($"{prefix}-parallelism", "tasks replaced at once; 0 for all", (s, v) => config(s).Parallelism = v);
        Span($"{prefix}-delay", "pause after each of them", (s, v) => config(s).Delay = v);
        Span($"{prefix}-monitor", "time after which a task that runs counts as good", (s, v) => config(s).Monitor = v);
        Text($"{prefix}-on-failure", "pause, continue or rollback", (s, v) => config(s).FailureAction = v switch
        {
            "pause" => FailureAction.Pause,
            "continue" => FailureAction.Continue,
            "rollback" when prefix == "--update" => FailureAction.Rollback,
            _ => throw new CommandException($"{prefix}-on-failure: \"{v}\" is not an action"),
        });
        Text($"{prefix}-order", "stop-first or start-first", (s, v) => config(s).Order = v switch
        {
            "stop-first" => UpdateOrder.StopFirst,
            "start-first" => UpdateOrder.StartFirst,
            _ => throw new CommandException($"{prefix}-order: \"{v}\" is neither stop-first nor start-first"),
        });
        Text($"{prefix}-max-failure-ratio", "share of tasks that may fail", (s, v) => config(s).MaxFailureRatio = Quantities.Ratio($"{prefix}-max-failure-ratio", v));
    }

    private void Text(string name, string description, Action<ServiceSpec, string> apply) =>
        Add(new Option<string>(name) { Description = description }, (o, r, s) => apply(s, r.GetValue(o)!));

    private void Texts(string name, string description, Action<ServiceSpec, string[]> apply) =>
        Add(new Option<string[]>(name) { Description = description }, (o, r, s) => apply(s, r.GetValue(o) ?? []));

    private void Flag(string name, string description, Action<ServiceSpec, bool> apply) =>
        Add(new Option<bool>(name) { Description = description }, (o, r, s) => apply(s, r.GetValue(o)));

    private void Span(string name, string description, Action<ServiceSpec, Google.Protobuf.WellKnownTypes.Duration> apply) =>
        Add(new Option<string>(name) { Description = description }, (o, r, s) => apply(s, Durations.Parse(name, r.GetValue(o)!)));

    private void Number(string name, string description, Action<ServiceSpec, ulong> apply) =>
        Add(new Option<string>(name) { Description = description }, (o, r, s) => apply(s, Quantities.Whole(name, r.GetValue(o)!)));

    private void Add<T>(Option<T> option, Action<Option<T>, ParseResult, ServiceSpec> apply) =>
        _flags.Add((option, (result, spec) => apply(option, result, spec)));
}
