using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Control.Validation;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>What a service's spec may say (API-2, API-5 to API-13).</summary>
public sealed class ServiceSpecTests
{
    [Theory]
    [InlineData(42, 0, "invalid cpu value")]
    [InlineData(-1, 0, "invalid cpu value")]
    [InlineData(0, 1, "invalid memory value")]
    [InlineData(0, -5, "invalid memory value")]
    public void AT_API_1_ResourcesBelowTheLeast_AreRefused_InLimitsAndReservations(long nanoCpus, long memory, string message)
    {
        var resources = new Resources { NanoCpus = nanoCpus, MemoryBytes = memory };
        Refused($"limit: {message}", s => s.Task.Resources = new ResourceRequirements { Limits = resources });
        Refused($"reservation: {message}", s => s.Task.Resources = new ResourceRequirements { Reservations = resources });
    }

    [Fact]
    public void AT_API_1_UsualResources_AreAccepted()
    {
        var usual = new Resources { NanoCpus = 1_000_000, MemoryBytes = 4 << 20 };
        Accepted(s => s.Task.Resources = new ResourceRequirements { Limits = usual, Reservations = usual.Clone() });
        Accepted(s => s.Task.Resources = new ResourceRequirements { Limits = new Resources(), Reservations = new Resources() });
    }

    [Fact]
    public void AT_API_2_NegativeNumbersAndNoMode_AreRefused_FourModesAreAccepted()
    {
        Refused("Number of replicas must be non-negative", s => s.Replicated.Replicas = ulong.MaxValue);
        Refused("Maximum concurrent jobs must not be negative", s => s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = ulong.MaxValue });
        Refused("Total completed jobs must not be negative", s => s.ReplicatedJob = new ReplicatedJob { TotalCompletions = 1UL << 63 });
        Refused("Unrecognized service mode", s => s.ClearMode());
        Accepted(s => s.Replicated.Replicas = 0);
        Accepted(s => s.Global = new GlobalService());
        Accepted(s => s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 3, TotalCompletions = 9 });
        Accepted(s => s.GlobalJob = new GlobalJob());
    }

    [Fact]
    public void AT_API_3_TasksThatCannotBe_AreRefused()
    {
        Refused("image reference must be provided", s => s.Task.Container = new ContainerSpec());
        Refused("is not a valid repository/tag", s => s.Task.Container.Image = "BAD image");
        Refused("duplicate mount point: /data", s => s.Task.Container.Mounts.Add([Volume("/data"), Volume("/data")]));
        Refused("can't evaluate field Bogus", s => s.Task.Container.Hostname = "{{.Bogus}}");
        Refused("expanding env failed", s => s.Task.Container.Env.Add("A={{.Service.Nothing}}"));
        Refused("expanding mounts failed", s => s.Task.Container.Mounts.Add(Volume("/{{")));
        Refused("Invalid name", s => s.Task.Generic = Generic("ab"));
        Refused("Invalid name", s => s.Task.Generic = Generic(""));
        Refused("is a reserved name", s => s.Task.Generic = Generic("container"));
        Refused("missing payload", s => s.Task.Generic = new GenericRuntimeSpec { Kind = "plugin" });
        Refused("unimplemented runtime", s => s.Task.Attachment = new NetworkAttachmentSpec(), UseCaseError.Unimplemented);
        Accepted(s => s.Task.Container.Hostname = "{{.Service.Name}}-{{.Task.Slot}}");
        Accepted(s => s.Task.Generic = Generic("plugin"));
    }

    [Fact]
    public void AT_API_3_MountTargets_AreUniqueAfterExpansion()
    {
        Refused("duplicate mount point: /data/web", s => s.Task.Container.Mounts.Add([Volume("/data/{{.Service.Name}}"), Volume("/data/web")]));
        Accepted(s => s.Task.Container.Mounts.Add([Volume("/data/{{.Service.Name}}"), Volume("/data/{{.Task.Slot}}")]));
    }

    [Fact]
    public void AT_API_4_ContainersThatCannotBe_AreRefused()
    {
        Refused("image reference must be provided", s => s.Task.Container.Image = "");
        Refused("Interval in HealthConfig cannot be less than 1ms", s => s.Task.Container.Healthcheck = new HealthConfig { Interval = Microseconds(999) });
        Refused("Timeout in HealthConfig cannot be less than 1ms", s => s.Task.Container.Healthcheck = new HealthConfig { Timeout = Microseconds(-5) });
        Refused("StartPeriod in HealthConfig cannot be less than 1ms", s => s.Task.Container.Healthcheck = new HealthConfig { StartPeriod = Microseconds(1) });
        Refused("StartInterval in HealthConfig cannot be less than 1ms", s => s.Task.Container.Healthcheck = new HealthConfig { StartInterval = Microseconds(1) });
        Refused("Retries in HealthConfig cannot be negative", s => s.Task.Container.Healthcheck = new HealthConfig { Retries = -1 });
        Accepted(s => s.Task.Container.Mounts.Add([Volume("/a"), Volume("/b")]));
        Accepted(s => s.Task.Container.Healthcheck = new HealthConfig
        {
            Test = { "CMD-SHELL", "true" },
            Interval = Microseconds(1000),
            Timeout = new Duration { Seconds = 1 },
            StartPeriod = new Duration(),
            Retries = 3,
        });
    }

    [Fact]
    public void AT_API_5_SpecsThatLackSomething_AreRefused()
    {
        Refused(null, "spec: a service spec must be given");
        Refused("missing runtime", s => s.Task = new TaskSpec());
        Refused("missing runtime", s => s.Task = null);
        Refused("name must be provided", s => s.Annotations = null);
        Refused("image reference must be provided", s => s.Task.Container.Image = "");
        Refused("63 characters or fewer", s => s.Annotations.Name = new string('a', 64));
        Accepted(s => s.Annotations.Name = new string('a', 63));
    }

    [Fact]
    public void AT_API_6_Jobs_HaveNoUpdateConfig_ServicesHaveAValidOne()
    {
        Refused("Jobs may not have an update config", s => (s.ReplicatedJob, s.Update) = (new ReplicatedJob(), new UpdateConfig()));
        Refused("Jobs may not have an update config", s => (s.GlobalJob, s.Update) = (new GlobalJob(), new UpdateConfig()));
        Refused("update: delay cannot be negative", s => s.Update = new UpdateConfig { Delay = Microseconds(-1) });
        Accepted(s => s.Update = new UpdateConfig { Parallelism = 2 });
        Accepted(s => (s.GlobalJob, s.Update) = (new GlobalJob(), null));
    }

    [Fact]
    public void AT_API_7_NegativeRestartTimes_AreRefused()
    {
        Refused("restart-delay cannot be negative", s => s.Task.Restart = new RestartPolicy { Delay = Microseconds(-1) });
        Refused("restart-window cannot be negative", s => s.Task.Restart = new RestartPolicy { Window = new Duration { Seconds = -1 } });
        Accepted(s => s.Task.Restart = new RestartPolicy { Delay = Microseconds(1), Window = Microseconds(1) });
    }

    [Fact]
    public void AT_API_8_UpdateConfigsOutOfRange_AreRefused()
    {
        Refused("update: delay cannot be negative", s => s.Update = new UpdateConfig { Delay = Microseconds(-1) });
        Refused("update: monitor cannot be negative", s => s.Update = new UpdateConfig { Monitor = Microseconds(-1) });
        Refused("max failure ratio", s => s.Update = new UpdateConfig { MaxFailureRatio = -0.1f });
        Refused("max failure ratio", s => s.Update = new UpdateConfig { MaxFailureRatio = 1.1f });
        Refused("max failure ratio", s => s.Update = new UpdateConfig { MaxFailureRatio = float.NaN });
        Accepted(s => s.Update = new UpdateConfig { MaxFailureRatio = 1, Delay = new Duration(), Monitor = new Duration { Seconds = 1 } });
    }

    [Fact]
    public void AT_API_19_PortsThatClash_AreRefused()
    {
        Refused("can't be used with dnsrr", s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Dnsrr, Port(80)));
        Refused("duplicate published port 80", s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Vip, Port(80), Port(80, target: 81)));
        Refused("duplicate published port 80", s => s.Endpoint = Ports(
            EndpointSpec.Types.ResolutionMode.Vip, Port(80), Port(80, PortConfig.Types.PublishMode.Host)));
        var udp = Port(80);
        udp.Protocol = PortConfig.Types.Protocol.Udp;
        Accepted(s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Vip, Port(80), udp, Port(81)));
        Accepted(s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Vip, Port(0), Port(0, target: 81), Port(0, target: 82)));
        Accepted(s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Dnsrr, Port(80, PortConfig.Types.PublishMode.Host)));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("n-me")]
    [InlineData("n_me")]
    [InlineData("n-m-e")]
    [InlineData("n--d")]
    public void AT_API_24_DnsNames_AreAccepted(string name) => Accepted(s => s.Annotations.Name = name);

    [Theory]
    [InlineData("")]
    [InlineData("_name")]
    [InlineData(".name")]
    [InlineData("-name")]
    [InlineData("name-")]
    [InlineData("name_")]
    [InlineData("n/me")]
    [InlineData("n&me")]
    [InlineData("n.me")]
    [InlineData("name\n")]
    public void AT_API_24_OtherNames_AreRefused(string name) => Refused("meta: name", s => s.Annotations.Name = name);

    [Fact]
    public void Differences_WhatSwarmKitAcceptsAndCannotServe_IsRefused()
    {
        Refused("key 'node.colour' is unknown", s => s.Task.Placement = new Placement { Constraints = { "node.colour==red" } });
        Refused("expected one operator", s => s.Task.Placement = new Placement { Constraints = { "node.id" } });
        Refused("over what to spread", s => s.Task.Placement = new Placement { Preferences = { new PlacementPreference() } });
        Refused("rollback: monitor cannot be negative", s => s.Rollback = new UpdateConfig { Monitor = Microseconds(-1) });
        Refused("target port 0", s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Vip, Port(80, target: 0)));
        Refused("published port 65536", s => s.Endpoint = Ports(EndpointSpec.Types.ResolutionMode.Vip, Port(65536)));
        Refused("generic resources must have", s => s.Task.Resources = new ResourceRequirements
        {
            Reservations = new Resources { Generic = { new GenericResource { NamedResourceSpec = new NamedGenericResource { Kind = "gpu", Value = "a" } } } },
        });
        Refused("Must not be more than the limit", s => s.Task.Resources = new ResourceRequirements
        {
            Limits = new Resources { MemoryBytes = 8 << 20 },
            Reservations = new Resources { MemoryBytes = 16 << 20 },
        });
    }

    private static void Accepted(Action<ServiceSpec> change) => ServiceSpecValidator.Validate(Spec(change: change));

    private static void Refused(string message, Action<ServiceSpec> change, UseCaseError error = UseCaseError.InvalidArgument) =>
        Refused(Spec(change: change), message, error);

    private static void Refused(ServiceSpec? spec, string message, UseCaseError error = UseCaseError.InvalidArgument)
    {
        var refusal = Assert.Throws<UseCaseException>(() => ServiceSpecValidator.Validate(spec));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(error, refusal.Error);
    }

    private static Mount Volume(string target) => new() { Type = Mount.Types.Type.Volume, Target = target };

    private static Duration Microseconds(int count) => new() { Nanos = count * 1000 };

    private static GenericRuntimeSpec Generic(string kind) =>
        new() { Kind = kind, Payload = new Any { TypeUrl = "x/y", Value = ByteString.CopyFromUtf8("z") } };

    private static EndpointSpec Ports(EndpointSpec.Types.ResolutionMode mode, params PortConfig[] ports) => new() { Mode = mode, Ports = { ports } };
}
