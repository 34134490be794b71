using System.Runtime.CompilerServices;
using Grpc.Core;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>A manager's dispatcher that a test speaks for.</summary>
internal sealed class FakeManager(string address, TimeProvider time) : IManagerLink, IDispatcherClient
{
    private readonly List<MessageStream<AssignmentsMessage>> _assignments = [];
    private MessageStream<SessionMessage> _session = new();

    public string Address => address;

    public IDispatcherClient Dispatcher => this;

    /// <summary>True while it refuses every session.</summary>
    public bool IsRefusing { get; set; }

    /// <summary>True while it takes sessions and never says a word.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Set while heartbeats or reports fail.</summary>
    public Exception? HeartbeatError { get; set; }

    public Exception? ReportError { get; set; }

    public List<SessionRequest> Requests { get; } = [];

    public List<DateTimeOffset> Heartbeats { get; } = [];

    public List<UpdateTaskStatusRequest> Reports { get; } = [];

    /// <summary>If set, a report is answered only when it completes.</summary>
    public TaskCompletionSource? ReportGate { get; set; }

    /// <summary>How often the assignments were opened.</summary>
    public int Streams => _assignments.Count;

    public void Assign(AssignmentsMessage message) => _assignments[^1].Add(message);

    public void Say(SessionMessage message) => _session.Add(message);

    /// <summary>Breaks the session's streams, as a manager that dies does.</summary>
    public void Die()
    {
        var error = new RpcException(new Status(StatusCode.Unavailable, "connection lost"));
        _session.End(error);
        _assignments.ForEach(a => a.End(error));
    }

    public async IAsyncEnumerable<SessionMessage> SessionAsync(SessionRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request.Clone());
        if (IsRefusing)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "refused"));
        }

        _session = new MessageStream<SessionMessage>();
        if (!IsSilent)
        {
            var id = request.SessionId.Length > 0 ? request.SessionId : $"session of {address}";
            _session.Add(new SessionMessage { SessionId = id });
        }

        await foreach (var message in _session.ReadAsync(cancellationToken))
        {
            yield return message;
        }
    }

    public Task<TimeSpan> HeartbeatAsync(string sessionId, CancellationToken cancellationToken)
    {
        Heartbeats.Add(time.GetUtcNow());
        return HeartbeatError is null ? Task.FromResult(TimeSpan.FromSeconds(5)) : Task.FromException<TimeSpan>(HeartbeatError);
    }

    public IAsyncEnumerable<AssignmentsMessage> AssignmentsAsync(string sessionId, CancellationToken cancellationToken)
    {
        _assignments.Add(new MessageStream<AssignmentsMessage>());
        return _assignments[^1].ReadAsync(cancellationToken);
    }

    public async Task UpdateTaskStatusAsync(UpdateTaskStatusRequest request, CancellationToken cancellationToken)
    {
        Reports.Add(request);
        if (ReportGate is { } gate)
        {
            await gate.Task.OrCancelledAsync(cancellationToken);
        }

        if (ReportError is not null)
        {
            throw ReportError;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class MessageStream<T>
    {
        private readonly Queue<T> _messages = new();
        private TaskCompletionSource _changed = new();
        private Exception? _end;

        public void Add(T message)
        {
            _messages.Enqueue(message);
            _changed.TrySetResult();
        }

        public void End(Exception error)
        {
            _end = error;
            _changed.TrySetResult();
        }

        public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                while (_messages.TryDequeue(out var message))
                {
                    yield return message;
                }

                if (_end is not null)
                {
                    throw _end;
                }

                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _changed.Task.OrCancelledAsync(cancellationToken);
            }
        }
    }
}
