using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Services through the control API (API-14 to API-25).</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private const UpdateServiceRequest.Types.Rollback NoRollback = UpdateServiceRequest.Types.Rollback.None;
    private const PortConfig.Types.PublishMode Host = PortConfig.Types.PublishMode.Host;

    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_9_CreateWithoutSpec_IsRefused() => await InvalidAsync("spec", () => _world.Services.CreateAsync(null, Stop));

    [Fact]
    public async Task AT_API_10_SameIngressPort_IsRefused_OtherProtocolAndNoNumberAreNot()
    {
        await _world.CreateIngressAsync();
        var first = await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(9000)));
        await InvalidAsync(
            $"port '9000' is already in use by service 'a' ({first.Id}) as an ingress port",
            () => _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(9000, target: 81))));
        await _world.CreateServiceAsync("c", s => s.Endpoint = Ports(Port(0)));
        await _world.CreateServiceAsync("d", s => s.Endpoint = Ports(Port(0)));
        var udp = Port(9000);
        udp.Protocol = PortConfig.Types.Protocol.Udp;
        await _world.CreateServiceAsync("e", s => s.Endpoint = Ports(udp));
    }

    [Fact]
    public async Task AT_API_11_HostPortsMayBeShared_ButNotWithIngress()
    {
        await _world.CreateIngressAsync();
        await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(9000, Host)));
        await _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(9000, Host)));
        await InvalidAsync("as a host-published port", () => _world.CreateServiceAsync("c", s => s.Endpoint = Ports(Port(9000))));
        await _world.CreateServiceAsync("d", s => s.Endpoint = Ports(Port(9001)));
        await InvalidAsync("as an ingress port", () => _world.CreateServiceAsync("e", s => s.Endpoint = Ports(Port(9001, Host))));
    }

    [Fact]
    public async Task AT_API_12_TheIngressNetworkByName_AndATakenName_AreRefused()
    {
        var ingress = await _world.CreateIngressAsync();
        await InvalidAsync("ingress network", () => _world.CreateServiceAsync(change: s => s.Task.Networks.Add(To(ingress))));
        await _world.CreateServiceAsync("web");
        await RefusedAsync(UseCaseError.AlreadyExists, "name conflicts with an existing object", () => _world.CreateServiceAsync("WEB"));
        await RefusedAsync(
            UseCaseError.AlreadyExists, "name conflicts with an existing object", () => _world.CreateServiceAsync("web", s => s.Endpoint = Ports(Port(1))));
    }

    [Fact]
    public async Task IngressPort_WithoutIngressNetwork_IsRefused() => await RefusedAsync(
        UseCaseError.FailedPrecondition,
        "service needs ingress network, but no ingress network is present",
        () => _world.CreateServiceAsync(change: s => s.Endpoint = Ports(Port(80))));

    [Fact]
    public async Task TwoCreatesOfOnePort_OnlyOneIsCommitted()
    {
        await _world.CreateIngressAsync();
        var creates = Enumerable.Range(0, 8).Select(i => _world.CreateServiceAsync($"s{i}", s => s.Endpoint = Ports(Port(9000)))).ToList();
        await Task.WhenAny(Task.WhenAll(creates));
        Assert.Equal(1, creates.Count(c => c.IsCompletedSuccessfully));
        Assert.All(creates.Where(c => c.IsFaulted), c => Assert.Contains("already in use", c.Exception!.InnerException!.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AT_API_15_Get_NeedsAnIdThatExists()
    {
        await InvalidAsync("service_id", () => _world.Services.GetAsync("", false, Stop));
        await RefusedAsync(UseCaseError.NotFound, "service nothing not found", () => _world.Services.GetAsync("nothing", false, Stop));
        var service = await _world.CreateServiceAsync();
        Assert.Equal(service, await _world.Services.GetAsync(service.Id, false, Stop));
    }

    [Fact]
    public async Task GetWithDefaults_ShowsWhatFieldsMean_AndStoresNothing()
    {
        var service = await _world.CreateServiceAsync(change: s => s.Task.Restart = new RestartPolicy { MaxAttempts = 3 });
        var filled = (await _world.Services.GetAsync(service.Id, true, Stop)).Spec;
        Assert.Equal(10, filled.Task.Container.StopGracePeriod.Seconds);
        Assert.Equal((5, 3UL), (filled.Task.Restart.Delay.Seconds, filled.Task.Restart.MaxAttempts));
        Assert.Equal(RestartPolicy.Types.RestartCondition.None, filled.Task.Restart.Condition);
        Assert.Equal((1UL, 5), (filled.Update.Parallelism, filled.Update.Monitor.Seconds));
        Assert.Equal(service, await _world.Services.GetAsync(service.Id, false, Stop));
    }

    [Fact]
    public async Task AT_API_16_Updates_KeepTheirRules()
    {
        await _world.CreateIngressAsync();
        await InvalidAsync("service_id", () => _world.Services.UpdateAsync("", null, null, NoRollback, Stop));
        var service = await _world.CreateServiceAsync();
        await RefusedAsync(UseCaseError.NotFound, "not found", () => _world.Services.UpdateAsync("nothing", new ObjectVersion { Index = 1 }, Spec(), NoRollback, Stop));
        await InvalidAsync("service_version", () => _world.Services.UpdateAsync(service.Id, null, Spec(), NoRollback, Stop));
        var scaled = await _world.UpdateServiceAsync(service, s => s.Replicated.Replicas = 42);
        Assert.Equal(42UL, (await _world.Services.GetAsync(service.Id, false, Stop)).Spec.Replicated.Replicas);
        Assert.Equal((service.Spec, service.Meta.Version.Index), (scaled.PreviousSpec, scaled.SpecVersion.Index));
        await RefusedAsync(UseCaseError.Unimplemented, "service mode change is not allowed", () => _world.UpdateServiceAsync(scaled, s => s.Global = new GlobalService()));
        await RefusedAsync(UseCaseError.Unimplemented, "renaming services is not supported", () => _world.UpdateServiceAsync(scaled, s => s.Annotations.Name = "other"));
        await RefusedAsync(UseCaseError.FailedPrecondition, "update out of sequence", () => _world.UpdateServiceAsync(service, s => s.Replicated.Replicas = 1));

        await _world.CreateServiceAsync("other", s => s.Endpoint = Ports(Port(9000)));
        await InvalidAsync("already in use by service 'other'", () => _world.UpdateServiceAsync(scaled, s => s.Endpoint = Ports(Port(9000))));
        var published = await _world.UpdateServiceAsync(scaled, s => s.Endpoint = Ports(Port(9001)));
        var ingress = _world.Store.Current.IngressNetwork!;
        await InvalidAsync("ingress network", () => _world.UpdateServiceAsync(published, s => s.Task.Networks.Add(To(ingress))));
        await _world.UpdateServiceAsync(published, s => s.Replicated.Replicas = 3);
    }

    [Fact]
    public async Task AT_API_17_OldNetworksMoveToTheTaskSpec_BeforeTheyChange()
    {
        var (one, two) = (await CreateNetworkAsync("one"), await CreateNetworkAsync("two"));
#pragma warning disable CS0612 // Old clients still name networks here.
        var old = await _world.CreateServiceAsync(change: s => s.Networks.Add(To(one)));
        await RefusedAsync(
            UseCaseError.Unimplemented, "networks must be migrated to TaskSpec before being changed", () => _world.UpdateServiceAsync(old, s => s.Networks[0] = To(two)));
        var moved = await _world.UpdateServiceAsync(old, s =>
        {
            s.Networks.Clear();
            s.Task.Networks.Add(To(one));
        });
#pragma warning restore CS0612
        await _world.UpdateServiceAsync(moved, s => s.Task.Networks[0] = To(two));
    }

    [Fact]
    public async Task AT_API_18_Remove_NeedsAnId_AndRemoves()
    {
        await InvalidAsync("service_id", () => _world.Services.RemoveAsync("", Stop));
        var service = await _world.CreateServiceAsync();
        await _world.Services.RemoveAsync(service.Id, Stop);
        Assert.True(_world.Store.Current.Find<Service>(service.Id)!.PendingDelete);
        await RefusedAsync(UseCaseError.FailedPrecondition, "is being removed", () => _world.Services.UpdateAsync(
            service.Id, _world.Store.Current.Find<Service>(service.Id)!.Meta.Version, Spec(), NoRollback, Stop));
    }

    [Fact]
    public async Task AT_API_20_UpdateOfAnEndpointWithoutId_IsRefused()
    {
        var service = await _world.CreateServiceAsync();
        await InvalidAsync("service_id", () => _world.Services.UpdateAsync(
            "", service.Meta.Version, Spec(change: s => s.Endpoint = Ports(Port(80))), NoRollback, Stop));
    }

    [Fact]
    public async Task AT_API_21_Lists_AreFiltered()
    {
        await _world.CreateServiceAsync("name1", s => s.Annotations.Labels.Add("common", "yes"));
        await _world.CreateServiceAsync("name2", s => s.Annotations.Labels.Add(new Dictionary<string, string> { ["common"] = "yes", ["unique"] = "2" }));
        var plugin = await _world.CreateServiceAsync("name3", s => s.Task.Generic = new GenericRuntimeSpec
        {
            Kind = "plugin",
            Payload = new Any { TypeUrl = "x/y", Value = Google.Protobuf.ByteString.CopyFromUtf8("z") },
        });
        await IsAsync(["name1", "name2", "name3"], null);
        await IsAsync(["name3"], new() { Runtimes = { "plugin" } });
        await IsAsync(["name1", "name2", "name3"], new() { Runtimes = { "plugin", "container" } });
        await IsAsync(["name3"], new() { IdPrefixes = { plugin.Id } });
        await IsAsync(["name3"], new() { IdPrefixes = { plugin.Id[..6] } });
        await IsAsync(["name1", "name2"], new() { Names = { "name1", "name2", "other" } });
        await IsAsync([], new() { Names = { "name1" }, IdPrefixes = { plugin.Id } });
        await IsAsync(["name1", "name2"], new() { Labels = { ["common"] = "" } });
        await IsAsync(["name2"], new() { Labels = { ["common"] = "yes", ["unique"] = "2" } });
        await IsAsync([], new() { Labels = { ["common"] = "no" } });
        await IsAsync(["name1", "name2", "name3"], new() { NamePrefixes = { "NAME" } });
    }

    [Fact]
    public async Task AT_API_22_Statuses_CountTasks()
    {
        Assert.Empty(await _world.Services.ListStatusesAsync([], Stop));
        Assert.Equal((0UL, 0UL, 0UL), await StatusAsync("unknown"));
        Assert.Equal((3UL, 3UL, 0UL), await StatusAsync("converged", s => s.Replicated.Replicas = 3, (3, TaskState.Running, TaskState.Running, 0)));
        Assert.Equal((7UL, 4UL, 0UL), await StatusAsync("partly", s => s.Replicated.Replicas = 7, (4, TaskState.Running, TaskState.Running, 0), (3, TaskState.Pending, TaskState.Running, 0)));
        Assert.Equal((2UL, 2UL, 0UL), await StatusAsync("global", s => s.Global = new GlobalService(), (2, TaskState.Running, TaskState.Running, 0)));
        Assert.Equal((5UL, 4UL, 0UL), await StatusAsync("global-partly", s => s.Global = new GlobalService(), (4, TaskState.Running, TaskState.Running, 0), (1, TaskState.Starting, TaskState.Running, 0)));
        Assert.Equal((2UL, 4UL, 0UL), await StatusAsync("scaled-down", s => s.Replicated.Replicas = 2, (2, TaskState.Running, TaskState.Running, 0), (2, TaskState.Running, TaskState.Remove, 0)));
    }

    [Fact]
    public async Task AT_API_22_StatusesOfJobs_CountTheCurrentIteration()
    {
        static void Job(ServiceSpec s) => s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 2, TotalCompletions = 10 };
        Assert.Equal((2UL, 2UL, 4UL), await StatusAsync(
            "job", Job, (2, TaskState.Running, TaskState.Complete, 0), (4, TaskState.Complete, TaskState.Complete, 0)));
        Assert.Equal((2UL, 0UL, 0UL), await StatusAsync("job-other-iteration", Job, (2, TaskState.Running, TaskState.Complete, 7)));
        Assert.Equal((2UL, 0UL, 3UL), await StatusAsync(
            "global-job", s => s.GlobalJob = new GlobalJob(), (3, TaskState.Complete, TaskState.Complete, 0), (2, TaskState.Starting, TaskState.Complete, 0)));
    }

    [Fact]
    public async Task AT_API_22_StatusOfARemovedService_CountsWhatIsLeft()
    {
        var service = await _world.CreateServiceAsync(change: s => s.Replicated.Replicas = 3);
        await _world.CreateAsync([.. Enumerable.Range(0, 3).Select(i => TaskOf(service, $"t{i}", TaskState.Running, slot: (ulong)i + 1))]);
        await _world.Services.RemoveAsync(service.Id, Stop);
        Assert.Equal((0UL, 3UL, 0UL), await StatusAsync(service.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AT_API_23_EveryUpdateOfAJob_BeginsAnIteration(bool isGlobal)
    {
        var job = await _world.CreateServiceAsync(change: s =>
        {
            if (isGlobal)
            {
                s.GlobalJob = new GlobalJob();
            }
            else
            {
                s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 1, TotalCompletions = 1 };
            }
        });
        Assert.Equal((0UL, _world.Time.GetUtcNow()), (job.JobStatus.JobIteration.Index, job.JobStatus.LastExecution.ToDateTimeOffset()));
        _world.Time.Advance(TimeSpan.FromHours(1));
        var updated = await _world.UpdateServiceAsync(job, s => s.Task.ForceUpdate++);
        Assert.Equal((1UL, _world.Time.GetUtcNow()), (updated.JobStatus.JobIteration.Index, updated.JobStatus.LastExecution.ToDateTimeOffset()));
    }

    [Fact]
    public async Task Create_StoresASpecVersionOfZero_AndNoJobStatus()
    {
        var service = await _world.CreateServiceAsync();
        Assert.Equal((0UL, null), (service.SpecVersion.Index, service.JobStatus));
    }

    [Fact]
    public async Task Rollback_SwapsTheSpecs_AndNeedsAPreviousOne()
    {
        var service = await _world.CreateServiceAsync();
        await RefusedAsync(UseCaseError.FailedPrecondition, "does not have a previous spec", () => _world.Services.UpdateAsync(
            service.Id, service.Meta.Version, service.Spec, UpdateServiceRequest.Types.Rollback.Previous, Stop));
        var updated = await _world.UpdateServiceAsync(service, s => s.Task.Container.Image = "nginx:2");
        var back = await _world.Services.UpdateAsync(updated.Id, updated.Meta.Version, updated.Spec, UpdateServiceRequest.Types.Rollback.Previous, Stop);
        Assert.Equal(("nginx:1", "nginx:2"), (back.Spec.Task.Container.Image, back.PreviousSpec.Task.Container.Image));
        Assert.Equal((updated.PreviousSpecVersion, updated.SpecVersion), (back.SpecVersion, back.PreviousSpecVersion));
        Assert.Equal((UpdateStatus.Types.UpdateState.RollbackStarted, "manually requested rollback"), (back.UpdateStatus.State, back.UpdateStatus.Message));
    }

    [Fact]
    public async Task Rollback_ToASpecWhoseSecretIsGone_IsRefused()
    {
        var secret = await _world.CreateSecretAsync("key");
        var service = await _world.CreateServiceAsync(change: s => s.Task.Container.Secrets.Add(FileReferenceTests.To(secret, "key")));
        var updated = await _world.UpdateServiceAsync(service, s => s.Task.Container.Secrets.Clear());
        await _world.Secrets.RemoveAsync(secret.Id, Stop);
        await InvalidAsync("secret not found: key", () => _world.Services.UpdateAsync(
            updated.Id, updated.Meta.Version, updated.Spec, UpdateServiceRequest.Types.Rollback.Previous, Stop));
    }

    [Fact]
    public async Task Differences_AnUnknownNetwork_IsRefused() =>
        await InvalidAsync("network nothing not found", () => _world.CreateServiceAsync(change: s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "nothing" })));

    private async Task<(ulong Desired, ulong Running, ulong Completed)> StatusAsync(
        string name, Action<ServiceSpec>? change = null, params (int Count, TaskState State, TaskState Desired, ulong Iteration)[] tasks)
    {
        var id = name;
        if (change is not null)
        {
            var service = await _world.CreateServiceAsync(name, change);
            id = service.Id;
            var number = 0;
            foreach (var (count, state, desired, iteration) in tasks)
            {
                for (var i = 0; i < count; i++)
                {
                    var task = TaskOf(service, $"{name}-{number}", state, desired, slot: (ulong)++number);
                    task.JobIteration = service.JobStatus is null ? null : new ObjectVersion { Index = iteration };
                    await _world.CreateAsync(task);
                }
            }
        }

        var status = Assert.Single(await _world.Services.ListStatusesAsync([id], Stop));
        return (status.DesiredTasks, status.RunningTasks, status.CompletedTasks);
    }

    private async Task IsAsync(string[] names, ListServicesRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Services.ListAsync(filters, Stop)).Select(s => s.Spec.Annotations.Name).Order());

    private Task<Network> CreateNetworkAsync(string name) =>
        _world.Networks.CreateAsync(new NetworkSpec { Annotations = new Annotations { Name = name } }, Stop);

    private static EndpointSpec Ports(params PortConfig[] ports) => new() { Ports = { ports } };

    private static NetworkAttachmentConfig To(Network network) => new() { Target = network.Id };
}
