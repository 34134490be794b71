using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace SwarmOrleans.Raft.Transport;

/// <summary>
/// The engine's incoming connections: Kestrel accepts and authenticates them on the shared port and hands over those that asked for
/// <see cref="Protocol"/>.
/// </summary>
public sealed class RaftListener(EndPoint endPoint) : IConnectionListenerFactory, IConnectionListener
{
    /// <summary>ALPN protocol id of Raft traffic.</summary>
    public const string Protocol = "dnraft";

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
    private readonly CancellationTokenSource _stopping = new();

    /// <inheritdoc />
    public EndPoint EndPoint => endPoint;

    /// <summary>Serves one connection until it ends. A Kestrel connection delegate.</summary>
    public async Task HandleAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var owned = new OwnedConnection(connection);
        if (!_accepted.Writer.TryWrite(owned))
        {
            return;
        }

        using (_stopping.Token.Register(() => owned.Abort(new ConnectionAbortedException("the manager stops"))))
        {
            await owned.Ended;
        }
    }

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc />
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

    /// <inheritdoc />
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        await _stopping.CancelAsync();
    }
}
