using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using Type = SwarmOrleans.Contracts.AssignmentsMessage.Types.Type;

namespace SwarmOrleans.Tests.Unit.Dispatching;

/// <summary>What an agent is told, and that it gets the secrets and configs of its own tasks only (B.6).</summary>
public sealed class AssignmentSetTests : IAsyncDisposable
{
    private readonly TestStore _test = TestStore.Create();
    private readonly AssignmentSet _set = new("n1");

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Complete_BringsSecretsAndConfigsBeforeTheirTask_EachOnce()
    {
        await FilesAsync("s1", "s2", "c1");
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Running, "s1", "c1"), TaskOf("t2", "n1", TaskState.Assigned, "s1"), TaskOf("t3", "n2", TaskState.Running, "s2"));
        var message = _set.Complete(_test.Store.Current);
        Assert.Equal((Type.Complete, "", "1"), (message.Type, message.AppliesTo, message.ResultsIn));
        var told = Told(message);
        Assert.Equal(["+c1", "+s1", "+t1", "+t2"], told.Order());
        Assert.True(told.IndexOf("+s1") < Math.Min(told.IndexOf("+t1"), told.IndexOf("+t2")));
        Assert.True(told.IndexOf("+c1") < told.IndexOf("+t1"));
        Assert.Equal("data of s1", message.Changes.First(c => c.Assignment.Secret is not null).Assignment.Secret.Spec.Data.ToStringUtf8());
    }

    [Fact]
    public async Task ATaskThatHasEnded_IsTold_WithoutItsSecrets()
    {
        await FilesAsync("s1");
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Complete, "s1"), TaskOf("t2", "n1", TaskState.Pending, "s1"));
        Assert.Equal(["+t1"], Told(_set.Complete(_test.Store.Current)));
    }

    [Fact]
    public async Task MissingSecret_IsLeftOut_TheTaskIsTold()
    {
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Running, "s1"));
        Assert.Equal(["+t1"], Told(_set.Complete(_test.Store.Current)));
    }

    [Fact]
    public async Task SecretIsTakenBack_AfterTheLastTaskThatNeedsIt()
    {
        await FilesAsync("s1");
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Running, "s1"), TaskOf("t2", "n1", TaskState.Running, "s1"));
        _set.Complete(_test.Store.Current);
        await StateAsync("t1", TaskState.Shutdown);
        Assert.Null(_set.Change(_test.Store.Current, ["t1"]));
        await _test.Store.CommitAsync(new StoreTransaction().Remove<SwarmTask>("t1"), TestContext.Current.CancellationToken);
        Assert.Equal(["-t1"], Told(_set.Change(_test.Store.Current, ["t1"])));
        await _test.Store.CommitAsync(new StoreTransaction().Remove<SwarmTask>("t2"), TestContext.Current.CancellationToken);
        var message = _set.Change(_test.Store.Current, ["t2"])!;
        Assert.Equal(["-t2", "-s1"], Told(message));
        Assert.Equal(new Secret { Id = "s1" }, message.Changes[1].Assignment.Secret);
        Assert.Equal(("2", "3"), (message.AppliesTo, message.ResultsIn));
    }

    [Fact]
    public async Task StatusBeyondRunning_IsNoNews_ButGivesTheSecretBack()
    {
        await FilesAsync("s1", "c1");
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Running, "s1", "c1"));
        _set.Complete(_test.Store.Current);
        await StateAsync("t1", TaskState.Failed);
        Assert.Equal(["-c1", "-s1"], Told(_set.Change(_test.Store.Current, ["t1"])).Order());
        Assert.Null(_set.Change(_test.Store.Current, ["t1"]));
    }

    [Fact]
    public async Task SecretThatPassesFromOneTaskToAnother_Stays()
    {
        await FilesAsync("s1");
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Running, "s1"));
        _set.Complete(_test.Store.Current);
        await StateAsync("t1", TaskState.Failed);
        await _test.CreateAsync(TaskOf("t2", "n1", TaskState.Assigned, "s1"));
        Assert.Equal(["+t2"], Told(_set.Change(_test.Store.Current, ["t1", "t2"])));
    }

    [Fact]
    public async Task StatusAboveAssigned_IsNoNews_AnythingElseIs()
    {
        await _test.CreateAsync(TaskOf("t1", "n1", TaskState.Assigned));
        _set.Complete(_test.Store.Current);
        await StateAsync("t1", TaskState.Running);
        Assert.Null(_set.Change(_test.Store.Current, ["t1"]));
        await ChangeAsync("t1", t => t.DesiredState = TaskState.Shutdown);
        Assert.Equal(["+t1"], Told(_set.Change(_test.Store.Current, ["t1"])));
        await ChangeAsync("t1", t => t.Networks.Add(new NetworkAttachment { Addresses = { "10.0.0.3/24" } }));
        Assert.Equal(["+t1"], Told(_set.Change(_test.Store.Current, null)));
        Assert.Null(_set.Change(_test.Store.Current, null));
    }

    [Fact]
    public async Task ResourceReferences_CountLikeFiles()
    {
        await FilesAsync("s1");
        var task = TaskOf("t1", "n1", TaskState.Assigned);
        task.Spec.ResourceReferences.Add(new ResourceReference { ResourceId = "s1", ResourceType = ResourceType.Secret });
        await _test.CreateAsync(task);
        Assert.Equal(["+s1", "+t1"], Told(_set.Complete(_test.Store.Current)));
    }

    private static List<string> Told(AssignmentsMessage? message) =>
    [
        .. message!.Changes.Select(c => (c.Action == AssignmentChange.Types.AssignmentAction.Update ? "+" : "-")
            + (c.Assignment.Task?.Id ?? c.Assignment.Secret?.Id ?? c.Assignment.Config.Id)),
    ];

    private static SwarmTask TaskOf(string id, string nodeId, TaskState state, params string[] files)
    {
        var task = new SwarmTask
        {
            Id = id,
            NodeId = nodeId,
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = state },
            Spec = new TaskSpec { Container = new ContainerSpec { Image = "x" } },
        };
        foreach (var file in files)
        {
            if (file[0] == 's')
            {
                task.Spec.Container.Secrets.Add(new SecretReference { SecretId = file, SecretName = file, File = new FileTarget { Name = file } });
            }
            else
            {
                task.Spec.Container.Configs.Add(new ConfigReference { ConfigId = file, ConfigName = file, File = new FileTarget { Name = file } });
            }
        }

        return task;
    }

    private Task<StoreView> FilesAsync(params string[] ids) => _test.CreateAsync([.. ids.Select(id => id[0] == 's'
        ? (IStoreObject)new Secret { Id = id, Spec = new SecretSpec { Annotations = new Annotations { Name = id }, Data = ByteString.CopyFromUtf8($"data of {id}") } }
        : new Config { Id = id, Spec = new ConfigSpec { Annotations = new Annotations { Name = id }, Data = ByteString.CopyFromUtf8($"data of {id}") } })]);

    private Task StateAsync(string id, TaskState state) => ChangeAsync(id, t => t.Status.State = state);

    private async Task ChangeAsync(string id, Action<SwarmTask> change)
    {
        var task = _test.Store.Current.Find<SwarmTask>(id)!.Clone();
        change(task);
        Assert.True((await _test.Store.CommitAsync(new StoreTransaction().Update(task), TestContext.Current.CancellationToken)).IsCommitted);
    }
}
