using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>What an agent asks of a manager's dispatcher. gRPC in production, a simulated network in tests.</summary>
public interface IDispatcherClient
{
    /// <summary>Opens or resumes the node's session; the first message carries its id.</summary>
    IAsyncEnumerable<SessionMessage> SessionAsync(SessionRequest request, CancellationToken cancellationToken);

    /// <summary>Says that the node lives; answers the time to the next call.</summary>
    Task<TimeSpan> HeartbeatAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>What the node should run: first all of it, then changes.</summary>
    IAsyncEnumerable<AssignmentsMessage> AssignmentsAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>Reports states that tasks have reached.</summary>
    Task UpdateTaskStatusAsync(UpdateTaskStatusRequest request, CancellationToken cancellationToken);
}

/// <summary>The managers that an agent can turn to.</summary>
public interface IManagerSource
{
    /// <summary>A manager to try, by weight; null while none is known.</summary>
    IManagerLink? Pick();

    /// <summary>The managers as one of them lists them; others are forgotten.</summary>
    void Observe(IReadOnlyList<WeightedPeer> managers);

    /// <summary>A session with that manager ended by an error.</summary>
    void ReportFailure(IManagerLink link);
}

/// <summary>A connection to one manager.</summary>
public interface IManagerLink : IAsyncDisposable
{
    /// <summary>host:port, for the log.</summary>
    string Address { get; }

    /// <summary>Its dispatcher.</summary>
    IDispatcherClient Dispatcher { get; }
}
