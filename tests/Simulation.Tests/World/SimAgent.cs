using System.Runtime.CompilerServices;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>A worker: the real agent on a simulated machine and network.</summary>
internal sealed class SimAgent(SimWorld world, string nodeId) : IManagerSource
{
    private readonly MemoryTaskDatabase _disk = new();
    private CancellationTokenSource _life = new();

    public string NodeId => nodeId;

    public SimExecutor Machine { get; } = new(world.Group, nodeId);

    public bool IsUp { get; private set; }

    /// <summary>True while the machine's network is cut off.</summary>
    public bool IsIsolated { get; set; }

    public void Start()
    {
        _life = new CancellationTokenSource();
        IsUp = true;
        var agent = new SwarmAgent(new AgentOptions
        {
            Executor = Machine,
            Database = _disk,
            Managers = this,
            TimeProvider = world.Time,
            Random = world.Group.Random,
        });
        world.Watch(agent.RunAsync(() => false, _life.Token));
    }

    /// <summary>The agent is killed; its processes go on.</summary>
    public void Crash()
    {
        IsUp = false;
        _life.Cancel();
    }

    /// <summary>The machine loses power.</summary>
    public void PowerOff()
    {
        Crash();
        Machine.EndAll();
    }

    public IManagerLink Pick() => new Link(world, this, world.Managers.Values.ElementAt(world.Group.Random.Next(world.Managers.Count)));

    public void Observe(IReadOnlyList<WeightedPeer> managers)
    {
        // All managers are known from the start.
    }

    public void ReportFailure(IManagerLink link)
    {
        // The next pick is random anyway.
    }

    private sealed class Link(SimWorld world, SimAgent agent, SimManager manager) : IManagerLink, IDispatcherClient
    {
        private readonly DispatcherCore? _core = manager.IsUp ? manager.Dispatcher : null;
        private readonly CancellationToken _life = manager.IsUp ? manager.Life : new CancellationToken(canceled: true);

        public string Address => manager.Id;

        public IDispatcherClient Dispatcher => this;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public IAsyncEnumerable<SessionMessage> SessionAsync(SessionRequest request, CancellationToken cancellationToken) =>
            StreamAsync((core, token) => core.SessionAsync(agent.NodeId, agent.NodeId, request.Clone(), token), m => m.Clone(), cancellationToken);

        public IAsyncEnumerable<AssignmentsMessage> AssignmentsAsync(string sessionId, CancellationToken cancellationToken) =>
            StreamAsync((core, token) => core.AssignmentsAsync(agent.NodeId, sessionId, token), m => m.Clone(), cancellationToken);

        public async Task<TimeSpan> HeartbeatAsync(string sessionId, CancellationToken cancellationToken)
        {
            await TravelAsync(cancellationToken);
            var period = Translate(() => _core!.Heartbeat(agent.NodeId, sessionId));
            await TravelAsync(cancellationToken);
            return period;
        }

        public async Task UpdateTaskStatusAsync(UpdateTaskStatusRequest request, CancellationToken cancellationToken)
        {
            var sent = request.Clone();
            await TravelAsync(cancellationToken);
            try
            {
                await _core!.UpdateTaskStatusAsync(agent.NodeId, sent.SessionId, sent.Updates, _life);
            }
            catch (Exception e) when (e is DispatcherException or OperationCanceledException)
            {
                throw new IOException(e.Message, e);
            }

            await TravelAsync(cancellationToken);
        }

        private static T Translate<T>(Func<T> call)
        {
            try
            {
                return call();
            }
            catch (DispatcherException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        private async IAsyncEnumerable<T> StreamAsync<T>(
            Func<DispatcherCore, CancellationToken, IAsyncEnumerable<T>> open, Func<T, T> copy, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await TravelAsync(cancellationToken);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _life);
            await using var messages = open(_core!, either.Token).GetAsyncEnumerator(either.Token);
            while (await NextAsync(messages, cancellationToken))
            {
                var message = copy(messages.Current);
                await TravelAsync(cancellationToken);
                yield return message;
            }
        }

        private async Task<bool> NextAsync<T>(IAsyncEnumerator<T> messages, CancellationToken cancellationToken)
        {
            try
            {
                return await messages.MoveNextAsync();
            }
            catch (Exception e) when (e is DispatcherException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new IOException(e.Message, e);
            }
        }

        // A lost message shows as a broken connection, as TCP shows it.
        private async Task TravelAsync(CancellationToken cancellationToken)
        {
            await world.Group.WireAsync(cancellationToken);
            if (_life.IsCancellationRequested || agent.IsIsolated || world.Group.Random.NextDouble() < world.Group.Faults.Loss)
            {
                throw new IOException($"the connection of {agent.NodeId} to {manager.Id} broke");
            }
        }
    }
}
