using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Unit.Control;
using Availability = SwarmOrleans.Contracts.NodeSpec.Types.Availability;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>What operators do with rollouts, revisions and drains.</summary>
public sealed class RolloutCommandTests : CommandLineTest
{
    [Fact]
    public async Task PauseAndResume_HoldAnUpdateAndLetItGoOn()
    {
        var id = await DoAsync("service", "create", "--name", "web", "--image", "v1");
        await FailsAsync("no update of service", "service", "pause", "web");
        await FailsAsync("is paused", "service", "resume", "web");
        await SetStateAsync(id, State.Updating);
        Assert.Equal(id, await DoAsync("service", "pause", "web"));
        Assert.Equal((State.Paused, "update paused by an operator"), (Status(id).State, Status(id).Message));
        Assert.Contains("PAUSED", await DoAsync("service", "inspect", "web"), StringComparison.Ordinal);
        Assert.Equal(id, await DoAsync("service", "resume", "web"));
        Assert.Equal(State.Updating, Status(id).State);
        await DoAsync("service", "rm", "web");
        await FailsAsync("is being removed", "service", "pause", "web");
    }

    [Fact]
    public async Task Revisions_AreListed_AndGoneBackTo()
    {
        var id = await DoAsync("service", "create", "--name", "web", "--image", "v1");
        await ReconcileAsync(id);
        foreach (var image in new[] { "v2", "v3" })
        {
            await DoAsync("service", "update", "web", "--image", image);
            await ReconcileAsync(id);
        }

        await DoAsync("service", "update", "web", "--replicas", "4");
        await ReconcileAsync(id);
        var shown = (await DoAsync("service", "revisions", "web")).Split('\n');
        Assert.Matches("^Revision +Since +Image +Replicas", shown[0]);
        Assert.Matches("^1 +2030-01-01T00:00:00Z +v1 +1$", shown[2]);
        Assert.Matches("^2 .+ v2 +1$", shown[3]);
        Assert.Matches("^3 .+ v3 +4 +present$", shown[4]);
        Assert.Equal(5, shown.Length);
        Assert.Equal(3, (await DoAsync("service", "revisions", "web", "--output", "json")).Split('\n').Length);

        Assert.Equal(id, await DoAsync("service", "rollback", "web", "--to", "1"));
        var service = World.Store.Current.Find<Service>(id)!;
        Assert.Equal(("v1", 4UL), (service.Spec.Task.Container.Image, service.Spec.Replicated.Replicas));
        Assert.Equal((State.RollbackStarted, "manually requested rollback to revision 1"), (service.UpdateStatus.State, service.UpdateStatus.Message));
        await FailsAsync("has no earlier revision 9", "service", "rollback", "web", "--to", "9");
        await FailsAsync("numbered from 1", "service", "rollback", "web", "--to", "0");
        await FailsAsync("is not a whole number", "service", "rollback", "web", "--to", "first");
    }

    [Fact]
    public async Task RollbackTo_ASpecWhoseSecretIsGone_IsRefused()
    {
        await StoreAsync("hidden", "secret", "create", "key");
        var id = await DoAsync("service", "create", "--name", "web", "--image", "v1", "--secret", "key");
        await ReconcileAsync(id);
        await DoAsync("service", "update", "web", "--image", "v2", "--rm-secret", "key");
        await ReconcileAsync(id);
        await DoAsync("secret", "rm", "key");
        await FailsAsync("secret not found: key", "service", "rollback", "web", "--to", "1");
        Assert.Equal("v2", World.Store.Current.Find<Service>(id)!.Spec.Task.Container.Image);
    }

    [Fact]
    public async Task RollbackTo_OfAJob_RunsItAgain()
    {
        var id = await DoAsync("service", "create", "--name", "job", "--image", "v1", "--mode", "replicated-job");
        await ReconcileAsync(id);
        await DoAsync("service", "update", "job", "--image", "v2");
        await ReconcileAsync(id);
        await DoAsync("service", "rollback", "job", "--to", "1");
        var job = World.Store.Current.Find<Service>(id)!;
        Assert.Equal(("v1", 2UL), (job.Spec.Task.Container.Image, job.JobStatus.JobIteration.Index));
    }

    [Fact]
    public async Task ProgressDeadlines_BecomeTheSpec()
    {
        var id = await DoAsync("service", "create", "--name", "web", "--image", "v1", "--update-progress-deadline", "90s", "--rollback-progress-deadline", "1m");
        var spec = World.Store.Current.Find<Service>(id)!.Spec;
        Assert.Equal(TimeSpan.FromSeconds(90), spec.Update.ProgressDeadline.ToTimeSpan());
        Assert.Equal(TimeSpan.FromMinutes(1), spec.Rollback.ProgressDeadline.ToTimeSpan());
        await FailsAsync("update: progress deadline cannot be negative", "service", "update", "web", "--update-progress-deadline=-1s");
    }

    [Fact]
    public async Task Drain_ByForce_IsWhatItIsUntilTheNodeIsActiveAgain()
    {
        await World.CreateAsync(new Node { Id = "n1", Spec = new NodeSpec(), Description = new NodeDescription { Hostname = "n1" } });
        (Availability, bool) Drained() => (World.Store.Current.Find<Node>("n1")!.Spec.Availability, World.Store.Current.Find<Node>("n1")!.Spec.ForceDrain);
        await DoAsync("node", "drain", "n1");
        Assert.Equal((Availability.Drain, false), Drained());
        await FailsAsync("was already drained", "node", "drain", "n1");
        await DoAsync("node", "drain", "n1", "--force");
        Assert.Equal((Availability.Drain, true), Drained());
        await FailsAsync("was already drained", "node", "drain", "n1", "--force");
        await DoAsync("node", "activate", "n1");
        Assert.Equal((Availability.Active, false), Drained());
    }

    private UpdateStatus Status(string id) => World.Store.Current.Find<Service>(id)!.UpdateStatus;

    private async Task SetStateAsync(string id, State state)
    {
        var service = World.Store.Current.Find<Service>(id)!.Clone();
        service.UpdateStatus = new UpdateStatus { State = state, StartedAt = Timestamp.FromDateTimeOffset(World.Time.GetUtcNow()) };
        await World.CommitAsync(new StoreTransaction().Update(service));
    }

    private Task<ReconcileResult> ReconcileAsync(string id) =>
        new ServiceRunner(World.Store, new RandomIdSource(new Random(3)), World.Time).ReconcileAsync(id, ControlWorld.Stop);
}
