using System.Buffers;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.Membership;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Raft.Snapshots;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Feeds the replica. Snapshots are captured at once and written in the background; apply goes on meanwhile.
/// </summary>
internal sealed partial class ReplicaStateMachine(
    ILogConsumer consumer, MemberStorage members, SnapshotFiles files, Func<SnapshotDescriptor, Task> download, SnapshotSchedule schedule, ILogger logger)
{
    private volatile SnapshotDescriptor? _snapshot;
    private Task _writing = Task.CompletedTask;
    private Task _fetching = Task.CompletedTask;
    private volatile Fetched? _fetched;
    private long _bytes;

    /// <summary>The newest snapshot that is complete.</summary>
    public SnapshotDescriptor? Snapshot => _snapshot;

    /// <summary>Loads the newest snapshot. Before the log is opened, which replays at once.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (files.LoadCurrent() is { } descriptor)
        {
            Install(await PrepareAsync(descriptor, cancellationToken));
        }
    }

    /// <summary>Applies the next committed entry.</summary>
    public async ValueTask ApplyAsync(JournalEntry entry, CancellationToken token)
    {
        if (entry.IsConfiguration)
        {
            // The log replays before the engine looks at it: a change of members in its tail must not be lost.
            await ((IClusterConfigurationStorage)members).SaveConfigurationAsync(entry, entry.Index, token);
            return;
        }

        if (entry.Payload.IsEmpty)
        {
            return;
        }

        consumer.Apply(entry.Index, entry.Term + LeadershipTracker.FirstTerm, new ReadOnlySequence<byte>(entry.Payload));
        _bytes += entry.Payload.Length;
        if (_bytes >= schedule.BytesAfter(_snapshot) && _writing.IsCompleted)
        {
            _bytes = 0;
            var captured = consumer.Capture();
            _writing = Task.Run(() => WriteAsync(captured, entry.Index, entry.Term), CancellationToken.None);
        }
    }

    /// <summary>Deletes the files of snapshots before the one in use.</summary>
    public void DropOlderSnapshots()
    {
        if (_snapshot is { } snapshot)
        {
            files.DeleteOlder(snapshot);
        }
    }

    /// <summary>Waits for what runs in the background.</summary>
    public Task StopAsync() => Task.WhenAll(_writing, _fetching);

    private async Task WriteAsync(ILogSnapshot captured, long index, long term)
    {
        try
        {
            var descriptor = await files.WriteAsync(captured, index, term, CancellationToken.None);
            files.SetCurrent(descriptor);
            _snapshot = descriptor;
            LogSnapshotWritten(index, descriptor.Length);
        }
        catch (IOException e)
        {
            // The log stays as long as it is; the next trigger tries again.
            LogSnapshotFailed(index, e);
        }
    }

    /// <summary>
    /// The snapshot that a request describes, once it is here. What takes long, the way over the network and into memory, does not happen in the
    /// request: it would outlive its timeout again and again.
    /// </summary>
    /// <exception cref="IOException">It is still on its way.</exception>
    public async Task<Fetched> TakeFetchedAsync<TEntry>(TEntry entry, CancellationToken token)
        where TEntry : IRaftLogEntry
    {
        var descriptor = SnapshotDescriptor.Parse(await entry.ToByteArrayAsync(token: token));
        if (_fetched is { } fetched && fetched.Descriptor == descriptor)
        {
            return fetched;
        }

        if (_fetching.IsCompleted)
        {
            _fetching = FetchAsync(descriptor);
        }

        // The leader counts this round as lost and sends the descriptor again.
        throw new IOException($"the snapshot of entry {descriptor.Index} is still on its way");
    }

    private async Task FetchAsync(SnapshotDescriptor descriptor)
    {
        await Task.Yield();
        try
        {
            if (!files.Has(descriptor))
            {
                LogDownloading(descriptor.Index, descriptor.Length);
                await download(descriptor);
            }

            _fetched = await PrepareAsync(descriptor, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogDownloadFailed(descriptor.Index, e);
        }
    }

    private async Task<Fetched> PrepareAsync(SnapshotDescriptor descriptor, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = files.Open(descriptor.Index, descriptor.Term);
            return new Fetched(descriptor, await consumer.PrepareAsync(descriptor.Index, stream, cancellationToken));
        }
        catch (InvalidDataException e)
        {
            throw new LogCorruptException(Path.Combine("snapshots", $"{descriptor.Index}-{descriptor.Term}.snap"), -1, e.Message, e);
        }
    }

    /// <summary>Makes a snapshot the state.</summary>
    public void Install(Fetched fetched)
    {
        consumer.Install(fetched.Prepared);
        files.SetCurrent(fetched.Descriptor);
        _snapshot = fetched.Descriptor;
        _fetched = null;
        _bytes = 0;
    }

    [LoggerMessage(2001, LogLevel.Information, "snapshot of entry {Index} written, {Length} bytes")]
    private partial void LogSnapshotWritten(long index, long length);

    [LoggerMessage(2002, LogLevel.Error, "snapshot of entry {Index} could not be written")]
    private partial void LogSnapshotFailed(long index, Exception exception);

    [LoggerMessage(2003, LogLevel.Information, "fetching the snapshot of entry {Index}, {Length} bytes")]
    private partial void LogDownloading(long index, long length);

    [LoggerMessage(2004, LogLevel.Warning, "the snapshot of entry {Index} could not be fetched")]
    private partial void LogDownloadFailed(long index, Exception exception);

    /// <summary>A snapshot of another member, on this one's disk and in its memory.</summary>
    internal sealed record Fetched(SnapshotDescriptor Descriptor, IPreparedSnapshot Prepared);
}
