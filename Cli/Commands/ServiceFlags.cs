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
        Texts("--placement-pref", "placement preference, spread=node.labels.NAME", SetPreferences);
        Texts("--ulimit", "limit of the container, NAME=SOFT[:HARD]", SetUlimits);
        Text("--oom-score-adj", "how soon the kernel ends the tasks when memory is short", (s, v) => Container(s).OomScoreAdj = Quantities.Signed("--oom-score-adj", v));
        Text("--log-driver", "driver of the tasks' logs", (s, v) => LogDriver(s).Name = v);
        Texts("--log-opt", "option of the log driver, key=value", SetLogOptions);
        Number("--replicas-max-per-node", "most tasks on one node", (s, v) => Placement(s).MaxReplicas = v);
        AddMounts();
        AddPorts();
        AddMode();
        AddResources();
        AddRestart();
        AddRebalance();
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

    // The flag that turns it off comes last.
    private void AddRebalance()
    {
        static RebalancePolicy Policy(ServiceSpec spec) => spec.Rebalance ??= new RebalancePolicy();
        Number("--rebalance-max-moving", "most tasks that a rebalance moves at once", (s, v) => Policy(s).MaxMoving = (uint)Math.Min(v, uint.MaxValue));
        Span("--rebalance-cool-down", "pause after a task was moved, and time that a node must have been there", (s, v) => Policy(s).CoolDown = v);
        Flag("--rebalance", "move tasks to nodes that join or come back, until all are used evenly", (s, v) => s.Rebalance = v ? Policy(s) : null);
    }

    private static ContainerSpec Container(ServiceSpec spec) => spec.Task.Container ??= new ContainerSpec();

    private static Placement Placement(ServiceSpec spec) => spec.Task.Placement ??= new Placement();

    private static Resources Limits(ServiceSpec spec) => (spec.Task.Resources ??= new ResourceRequirements()).Limits ??= new Resources();

    private static Resources Reservations(ServiceSpec spec) => (spec.Task.Resources ??= new ResourceRequirements()).Reservations ??= new Resources();

    // A policy whose condition is not set means "never restart" on the wire.
    private static RestartPolicy Restart(ServiceSpec spec) => spec.Task.Restart ??= new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.Any };

    private static void Replace<T>(Google.Protobuf.Collections.RepeatedField<T> field, IEnumerable<T> values)
    {
        List<T> all = [.. values];
        field.Clear();
        field.AddRange(all);
    }

    private static void SetLabels(ServiceSpec spec, string[] labels)
    {
        spec.Annotations.Labels.Clear();
        foreach (var (key, value) in KeyValues.Parse("--label", labels))
        {
            spec.Annotations.Labels[key] = value;
        }
    }

    private static Driver LogDriver(ServiceSpec spec) => spec.Task.LogDriver ??= new Driver();

    private static EndpointSpec Endpoint(ServiceSpec spec) => spec.Endpoint ??= new EndpointSpec();

    private static void SetLogOptions(ServiceSpec spec, string[] options)
    {
        LogDriver(spec).Options.Clear();
        foreach (var (key, value) in KeyValues.Parse("--log-opt", options))
        {
            LogDriver(spec).Options[key] = value;
        }
    }

    private static void SetPreferences(ServiceSpec spec, string[] texts)
    {
        Placement(spec).Preferences.Clear();
        foreach (var (key, value) in KeyValues.Parse("--placement-pref", texts))
        {
            Placement(spec).Preferences.Add(key == "spread"
                ? new PlacementPreference { Spread = new SpreadOver { SpreadDescriptor = value } }
                : throw new CommandException($"--placement-pref: \"{key}\" is not known, only spread"));
        }
    }

    private static void SetUlimits(ServiceSpec spec, string[] texts)
    {
        Container(spec).Ulimits.Clear();
        foreach (var (key, value) in KeyValues.Parse("--ulimit", texts))
        {
            var parts = value.Split(':', 2);
            var soft = Quantities.Signed("--ulimit", parts[0]);
            Container(spec).Ulimits.Add(new ContainerSpec.Types.Ulimit { Name = key, Soft = soft, Hard = parts.Length == 2 ? Quantities.Signed("--ulimit", parts[1]) : soft });
        }
    }

    private static void SetReplicas(ServiceSpec spec, ulong replicas)
    {
        switch (spec.ModeCase)
        {
            case ServiceSpec.ModeOneofCase.Replicated:
                spec.Replicated.Replicas = replicas;
                break;
            case ServiceSpec.ModeOneofCase.ReplicatedJob:
                (spec.ReplicatedJob.TotalCompletions, spec.ReplicatedJob.MaxConcurrent) = (replicas, replicas);
                break;
            default:
                throw new CommandException("--replicas: only replicated services and jobs have a number of tasks");
        }
    }

    private static ReplicatedJob Job(ServiceSpec spec, string option) =>
        spec.ReplicatedJob ?? throw new CommandException($"{option}: only for replicated jobs");

    private void AddMode()
    {
        Number("--replicas", "number of tasks; of a job, number of completions", SetReplicas);
        Number("--max-concurrent", "tasks of a job at once", (s, v) => Job(s, "--max-concurrent").MaxConcurrent = v);
        Number("--total-completions", "tasks of a job in all", (s, v) => Job(s, "--total-completions").TotalCompletions = v);
    }

    private void AddPorts()
    {
        Texts("--publish", "port published for the service, [published:]target[/protocol] or published=,target=,protocol=,mode=; replaces all", (s, v) =>
            Replace(Endpoint(s).Ports, v.Select(t => Ports.Parse("--publish", t))));
        Texts("--ports", "port published on the task's node, name:port[/protocol][:nodeport[/protocol]]", (s, v) =>
            SetPorts(s, PortConfig.Types.PublishMode.Host, v.Select(t => Ports.Named("--ports", t))));
        Text("--endpoint-mode", "vip or dnsrr: how the service's name is resolved", (s, v) => Endpoint(s).Mode = v switch
        {
            "vip" => EndpointSpec.Types.ResolutionMode.Vip,
            "dnsrr" => EndpointSpec.Types.ResolutionMode.Dnsrr,
            _ => throw new CommandException($"--endpoint-mode: \"{v}\" is neither vip nor dnsrr"),
        });
    }

    // The flags of one kind replace what that kind had; ports of the other stay.
    private static void SetPorts(ServiceSpec spec, PortConfig.Types.PublishMode mode, IEnumerable<PortConfig> ports)
    {
        List<PortConfig> all = [.. Endpoint(spec).Ports.Where(p => p.PublishMode != mode), .. ports];
        Replace(Endpoint(spec).Ports, all);
    }

    private void AddMounts()
    {
        Texts("--mount", "mount, type=bind|volume|tmpfs|npipe|cluster,source=,target=,readonly…; replaces all", (s, v) =>
            Replace(Container(s).Mounts, v.Select(t => Mounts.Parse("--mount", t))));
        MountsOf("--bind", "bind mount, source:target", Mount.Types.Type.Bind, t => Mounts.Pair("--bind", Mount.Types.Type.Bind, t));
        MountsOf("--volume", "anonymous volume at target", Mount.Types.Type.Volume, t => new Mount { Type = Mount.Types.Type.Volume, Target = t });
        MountsOf("--tmpfs", "memory file system, target[:size=,mode=,ro,rw,exec,noexec]", Mount.Types.Type.Tmpfs, t => Mounts.Tmpfs("--tmpfs", t));
        MountsOf("--npipe", "named pipe, source:target", Mount.Types.Type.Npipe, t => Mounts.Pair("--npipe", Mount.Types.Type.Npipe, t));
    }

    private void MountsOf(string option, string description, Mount.Types.Type type, Func<string, Mount> parse) => Texts(option, description, (s, v) =>
    {
        List<Mount> all = [.. Container(s).Mounts.Where(m => m.Type != type), .. v.Select(parse)];
        Replace(Container(s).Mounts, all);
    });

    private void AddResources()
    {
        Text("--cpu-limit", "CPUs that a task may use", (s, v) => Limits(s).NanoCpus = Quantities.NanoCpus("--cpu-limit", v));
        Text("--cpu-reservation", "CPUs that a task's node must have free", (s, v) => Reservations(s).NanoCpus = Quantities.NanoCpus("--cpu-reservation", v));
        Texts("--generic-resources", "resources that a task's node must have free, kind=number, commas between", SetGeneric);
        Text("--memory-limit", "memory that a task may use", (s, v) => Limits(s).MemoryBytes = Quantities.Bytes("--memory-limit", v));
        Text("--memory-reservation", "memory that a task's node must have free", (s, v) => Reservations(s).MemoryBytes = Quantities.Bytes("--memory-reservation", v));
    }

    private static void SetGeneric(ServiceSpec spec, string[] texts)
    {
        Reservations(spec).Generic.Clear();
        foreach (var (kind, number) in KeyValues.Parse("--generic-resources", texts.SelectMany(t => t.Split(','))))
        {
            Reservations(spec).Generic.Add(new GenericResource
            {
                DiscreteResourceSpec = new DiscreteGenericResource { Kind = kind, Value = Quantities.Signed("--generic-resources", number) },
            });
        }
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
        Span($"{prefix}-progress-deadline", "time in which a replaced task must run, else it counts as failed; 0 for no limit", (s, v) => config(s).ProgressDeadline = v);
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
