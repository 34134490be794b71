using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class SwarmStoreTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Created_IsReadBackWithMeta()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(Services.Named("web"));
        var service = view.FindByName<Service>("WEB")!;
        Assert.Equal(1ul, service.Meta.Version.Index);
        Assert.Equal(service.Meta.CreatedAt, service.Meta.UpdatedAt);
        Assert.Equal(1ul, view.Version);
    }

    [Fact]
    public async Task NameTaken_ConflictNamesTheHolder_AndNothingIsWritten()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Services.Named("web", "a"));
        var result = await test.Store.CommitAsync(
            new StoreTransaction().Create(new Manager { Id = "m" }).Create(Services.Named("Web", "b")), Stop);
        Assert.Equal(CommitOutcome.Conflict, result.Outcome);
        Assert.Equal((ConflictReason.NameInUse, "a"), (result.Conflict!.Reason, result.Conflict.Id));
        Assert.Null(test.Store.Current.Find<Manager>("m"));
        Assert.Equal(1ul, test.Store.Current.Version);
    }

    [Fact]
    public async Task StaleVersion_IsOutOfSequence()
    {
        await using var test = TestStore.Create();
        var first = (await test.CreateAsync(Services.Named("web", "a"))).Find<Service>("a")!;
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().Update(first.Clone()), Stop)).IsCommitted);
        var result = await test.Store.CommitAsync(new StoreTransaction().Update(first.Clone()), Stop);
        Assert.Equal(ConflictReason.OutOfSequence, result.Conflict!.Reason);
        Assert.Contains("update out of sequence", result.Conflict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenamedService_FreesItsOldName()
    {
        await using var test = TestStore.Create();
        var renamed = (await test.CreateAsync(Services.Named("old", "a"))).Find<Service>("a")!.Clone();
        renamed.Spec.Annotations.Name = "new";
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().Update(renamed), Stop)).IsCommitted);
        Assert.Null(test.Store.Current.FindByName<Service>("old"));
        Assert.Equal("a", test.Store.Current.FindByName<Service>("new")!.Id);
    }

    [Fact]
    public async Task LostAnswer_IsResolvedByTheReplica_WithoutExecutingTwice()
    {
        await using var test = TestStore.Create();
        var lost = 0;
        test.Log.AfterAppend = () => lost++ == 0 ? new OutcomeUnknownException("lost") : null;
        var result = await test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("web")), Stop);
        Assert.True(result.IsCommitted);
        Assert.Equal(1ul, test.Store.Current.Version);
    }

    [Fact]
    public async Task ElectionMeanwhile_CommandIsSentAgain()
    {
        await using var test = TestStore.Create();
        test.Log.LoseLeadership();
        var commit = test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("web")), Stop).AsTask();
        await Task.Yield();
        Assert.False(commit.IsCompleted);
        test.Log.Lead(2);
        Assert.True((await commit).IsCommitted);
    }

    [Fact]
    public async Task TransactionOfAnEndedTerm_IsUnavailable()
    {
        await using var test = TestStore.Create();
        test.Log.Lead(2);
        var result = await test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("web")).UnderTerm(1), Stop);
        Assert.Equal(CommitOutcome.Unavailable, result.Outcome);
        Assert.Equal(0, test.Store.Current.Count<Service>());
    }

    [Fact]
    public async Task NoLeaderUntilTheDeadline_IsUnavailable()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var test = TestStore.Create(time);
        test.Log.LoseLeadership();
        var commit = test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("web")), Stop).AsTask();
        while (!commit.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(CommitOutcome.Unavailable, (await commit).Outcome);
    }

    [Fact]
    public async Task IndependentTransactions_EachHaveTheirVerdict()
    {
        await using var test = TestStore.Create();
        var results = await test.Store.CommitAllAsync(
        [
            new StoreTransaction().Create(Services.Named("web", "a")),
            new StoreTransaction().Create(Services.Named("web", "b")),
            new StoreTransaction().Create(Services.Named("db", "c")),
        ],
        Stop);
        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Conflict, CommitOutcome.Committed], results.Select(r => r.Outcome));
        Assert.Single(test.Log.Entries);
        Assert.Equal(2ul, test.Store.Current.Version);
    }

    [Fact]
    public async Task ManyLargeTransactions_AreSplit_AndDecidedInOrder()
    {
        await using var test = TestStore.Create();
        var transactions = Enumerable.Range(0, 30).Select(i =>
        {
            var service = Services.Named($"n{i}");
            service.Spec.Task.Container.Image = new string('x', 100_000);
            return new StoreTransaction().Create(service);
        }).ToList();
        var results = await test.Store.CommitAllAsync(transactions, Stop);
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (ulong)i), results.Select(r => r.Version));
        Assert.Equal(5, test.Log.Entries.Count);
    }

    [Fact]
    public async Task LinearizableRead_WaitsOutAnElection()
    {
        await using var test = TestStore.Create();
        test.Log.LoseLeadership();
        var read = test.Store.ReadAsync(Stop).AsTask();
        Assert.False(read.IsCompleted);
        test.Log.Lead(2);
        Assert.Equal(0ul, (await read).Version);
    }

    [Fact]
    public async Task SecretInUse_CannotBeRemoved()
    {
        await using var test = TestStore.Create();
        var service = Services.Named("web", "a");
        service.Spec.Task.Container.Secrets.Add(new SecretReference { SecretId = "s" });
        await test.CreateAsync(new Secret { Id = "s", Spec = new SecretSpec { Annotations = new Annotations { Name = "s" } } }, service);
        var result = await test.Store.CommitAsync(new StoreTransaction().RequireUnreferenced(ObjectKind.Secret, "s").Remove<Secret>("s"), Stop);
        Assert.Equal(ConflictReason.StillReferenced, result.Conflict!.Reason);
    }

    [Fact]
    public async Task TaskIndexes_FollowTheTask()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(Services.Named("web", "svc"), Services.TaskOf("svc", "t1", 1), Services.TaskOf("svc", "t2", 2));
        Assert.Equal(2, view.Tasks.OfService("svc").Count);
        Assert.Equal(2, view.Tasks.Unsettled.Count);
        var placed = view.Find<SwarmTask>("t1")!.Clone();
        placed.NodeId = "n1";
        placed.Status = new SwarmTaskStatus { State = TaskState.Assigned };
        await test.Store.CommitAsync(new StoreTransaction().Update(placed), Stop);
        view = test.Store.Current;
        Assert.Equal("t1", Assert.Single(view.Tasks.OfNode("n1")).Id);
        Assert.Equal("t2", Assert.Single(view.Tasks.Unsettled).Id);
        Assert.Equal("t1", Assert.Single(view.Tasks.InSlot("svc", 1)).Id);
        await test.Store.CommitAsync(new StoreTransaction().Remove<SwarmTask>("t1"), Stop);
        Assert.Empty(test.Store.Current.Tasks.OfNode("n1"));
    }

    [Fact]
    public async Task TasksOfAService_ShareTheirSpec()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Services.Named("web", "svc"));
        var view = await test.CreateAsync(Services.TaskOf("svc", "t1", 1), Services.TaskOf("svc", "t2", 2));
        Assert.Same(view.Find<SwarmTask>("t1")!.Spec, view.Find<SwarmTask>("t2")!.Spec);
        Assert.Same(view.Find<Service>("svc")!.Spec.Task, view.Find<SwarmTask>("t1")!.Spec);
    }

    [Fact]
    public async Task Report_IsAcceptedOnlyForTheNodeTheSessionAndForward()
    {
        await using var test = TestStore.Create();
        var task = Services.TaskOf("svc", "t1", 1);
        task.NodeId = "n1";
        task.Status.State = TaskState.Assigned;
        await test.CreateAsync(task, new NodeSession { Id = "n1", SessionId = "s1" }, new NodeSession { Id = "n2", SessionId = "s2" });

        async Task<TaskState> ReportAsync(string node, string session, TaskState state)
        {
            await test.Store.ReportStatusAsync(node, session, [new TaskStatusReport("t1", new SwarmTaskStatus { State = state })], Stop);
            return test.Store.Current.Find<SwarmTask>("t1")!.Status.State;
        }

        Assert.Equal(TaskState.Assigned, await ReportAsync("n2", "s2", TaskState.Running));
        Assert.Equal(TaskState.Assigned, await ReportAsync("n1", "other", TaskState.Running));
        Assert.Equal(TaskState.Running, await ReportAsync("n1", "s1", TaskState.Running));
        Assert.Equal(TaskState.Running, await ReportAsync("n1", "s1", TaskState.Starting));
        Assert.Equal("manager-1", test.Store.Current.Find<SwarmTask>("t1")!.Status.AppliedBy);
    }
}
