using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace SwarmOrleans.Raft.Transport;

/// <summary>A connection of Kestrel's whose end the engine decides: disposing it lets the connection delegate return.</summary>
internal sealed class OwnedConnection(ConnectionContext inner) : ConnectionContext, IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;

    public override string ConnectionId
    {
        get => inner.ConnectionId;
        set => inner.ConnectionId = value;
    }

    public override IFeatureCollection Features => inner.Features;

    public override IDictionary<object, object?> Items
    {
        get => inner.Items;
        set => inner.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => inner.Transport;
        set => inner.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => inner.ConnectionClosed;
        set => inner.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        inner.Abort(abortReason);
        _ended.TrySetResult();
    }

    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        return base.DisposeAsync();
    }

    public void Dispose() => _ended.TrySetResult();
}
