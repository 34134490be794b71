using System.Runtime.CompilerServices;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Testing;
using SwarmOrleans.Tests.Unit.Agent;

namespace SwarmOrleans.Tests.Unit.Silo;

public sealed class DispatcherWatchTests : IDisposable
{
    private readonly VirtualThread _thread = new();
    private readonly CancellationTokenSource _life = new();

    public void Dispose()
    {
        _life.Cancel();
        _thread.Settle();
        _life.Dispose();
        _thread.Dispose();
    }

    [Fact]
    public void ChangeBetweenMissedChangesAndTheNextWatch_ReachesTheAgent()
    {
        var test = TestStore.Create(_thread.Time);
        var store = new StumblingStore(test.Store);
        var dispatcher = new DispatcherCore(store, new RandomIdSource(new Random(1)), new DispatcherOptions { TimeProvider = _thread.Time, Random = new Random(1) });
        _ = test.CreateAsync(
            new Cluster { Id = "c", Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" } } },
            new Node { Id = "n", Spec = new NodeSpec(), Status = new NodeStatus { State = NodeStatus.Types.State.Ready } });
        _thread.Settle();
        _ = dispatcher.RunAsync(_life.Token);
        var received = new List<AssignmentsMessage>();
        _ = FollowAsync(dispatcher, received);
        _thread.Settle();
        Assert.Single(received);

        store.Stumble.SetResult();
        _thread.Settle();
        _ = test.CreateAsync(new SwarmTask
        {
            Id = "t",
            NodeId = "n",
            Spec = new TaskSpec(),
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.Assigned },
        });
        _thread.Settle();
        store.Recover.SetResult();
        _thread.Settle();

        Assert.Equal(["t"], received.SelectMany(m => m.Changes).Select(c => c.Assignment.Task.Id));
    }

    private async Task FollowAsync(DispatcherCore dispatcher, List<AssignmentsMessage> received)
    {
        var messages = dispatcher.SessionAsync("n", "", new SessionRequest { Description = new NodeDescription { Hostname = "n" } }, _life.Token).GetAsyncEnumerator(_life.Token);
        await messages.MoveNextAsync();
        await foreach (var message in dispatcher.AssignmentsAsync("n", messages.Current.SessionId, _life.Token))
        {
            received.Add(message);
        }
    }

    /// <summary>Its first watch misses changes when told to; its second one begins when told to.</summary>
    private sealed class StumblingStore(ISwarmStore inner) : ISwarmStore
    {
        private int _watches;

        public TaskCompletionSource Stumble { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Recover { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string ManagerId => inner.ManagerId;

        public string BootId => inner.BootId;

        public StoreView Current => inner.Current;

        public LeadershipState Leadership => inner.Leadership;

        public Task<LeadershipState> WaitForLeadershipChangeAsync(LeadershipState seen, CancellationToken cancellationToken) =>
            inner.WaitForLeadershipChangeAsync(seen, cancellationToken);

        public ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) =>
            inner.CommitAsync(transaction, cancellationToken);

        public ValueTask<IReadOnlyList<CommitResult>> CommitAllAsync(IReadOnlyList<StoreTransaction> transactions, CancellationToken cancellationToken) =>
            inner.CommitAllAsync(transactions, cancellationToken);

        public ValueTask<CommitResult> ReportStatusAsync(
            string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports, CancellationToken cancellationToken) =>
            inner.ReportStatusAsync(nodeId, sessionId, reports, cancellationToken);

        public ValueTask<StoreView> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);

        public async IAsyncEnumerable<ChangeBatch> WatchAsync(ulong? afterVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (_watches++ == 0)
            {
                await Stumble.Task;
                throw new CompactedException(0);
            }

            await Recover.Task;
            await foreach (var batch in inner.WatchAsync(afterVersion, cancellationToken))
            {
                yield return batch;
            }
        }
    }
}
