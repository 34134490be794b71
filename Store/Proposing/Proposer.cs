using System.Threading.Channels;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Store.Proposing;

/// <summary>
/// Brings commands into the log. On the leader it appends what waits as one entry, one entry at a time, so that a busy group shares
/// its syncs and an idle one does not wait; elsewhere it hands commands to the leader. What gets no verdict is sent again under the same number.
/// </summary>
internal sealed class Proposer(SwarmStoreOptions options, IConsensusLog log, FrameCipher cipher, PendingCommands pending) : IAsyncDisposable
{
    private const int MaxCommands = 512;
    private const int MaxBytes = 1 << 20;
    private const int MaxForwarded = 16_384;
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<Outgoing> _queue = Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(MaxForwarded) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.WhenAll(PumpAsync(_stop.Token), RetryAsync(_stop.Token));

    /// <summary>Sends a command of this manager. When the queue is full the retry loop does it.</summary>
    public void Send(PendingCommand command)
    {
        command.SentAt = options.TimeProvider.GetTimestamp();
        command.IsQueued = true;
        if (!_queue.Writer.TryWrite(new Outgoing(command.Bytes, command)))
        {
            command.IsQueued = false;
        }
    }

    /// <summary>Takes commands of other managers; false when this one cannot append them.</summary>
    public bool Submit(IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        if (!log.Leadership.IsLeader)
        {
            return false;
        }

        foreach (var command in commands)
        {
            if (!_queue.Writer.TryWrite(new Outgoing(command, null)))
            {
                return false;
            }
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Asked for above.
        }

        _stop.Dispose();
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var batch = new List<Outgoing>(MaxCommands);
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            batch.Clear();
            var bytes = 0;
            while (batch.Count < MaxCommands && bytes < MaxBytes && _queue.Reader.TryRead(out var next))
            {
                if (next.Own is { } own)
                {
                    own.IsQueued = false;
                    if (own.Outcome.Task.IsCompleted)
                    {
                        continue;
                    }
                }

                batch.Add(next);
                bytes += next.Bytes.Length;
            }

            if (batch.Count > 0)
            {
                await SendAsync(batch, cancellationToken);
            }
        }
    }

    private async Task SendAsync(List<Outgoing> batch, CancellationToken cancellationToken)
    {
        var leadership = log.Leadership;
        if (!leadership.IsLeader)
        {
            batch.RemoveAll(o => o.Own is null);
        }

        if (batch.Count == 0 || (!leadership.IsLeader && leadership.LeaderAddress is null))
        {
            return;
        }

        foreach (var outgoing in batch)
        {
            if (outgoing.Own is { } own)
            {
                own.WasSent = true;
                own.SentAt = options.TimeProvider.GetTimestamp();
            }
        }

        var commands = batch.ConvertAll(o => o.Bytes);
        try
        {
            if (leadership.IsLeader)
            {
                await log.AppendAsync(leadership.Term, EntryCodec.Encode(cipher, commands), cancellationToken);
            }
            else
            {
                await log.SendToLeaderAsync(commands, cancellationToken);
            }
        }
        catch (Exception)
        {
            // Whatever went wrong, only the replica tells what became of them; the retry loop sends again those that stay without a
            // verdict. One failure must not end this loop: nothing would be proposed any more.
        }
    }

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        var seen = log.Leadership;
        var changed = log.WaitForChangeAsync(seen, cancellationToken);
        while (true)
        {
            var isNew = await changed.WithinAsync(RetryPeriod, options.TimeProvider, cancellationToken);
            if (isNew)
            {
                seen = await changed;
                changed = log.WaitForChangeAsync(seen, cancellationToken);
            }

            GiveUpLate();
            if (seen.LeaderAddress is not null || seen.IsLeader)
            {
                Resend(isNew);
            }
        }
    }

    // One look at all of them costs less than a timer for each.
    private void GiveUpLate()
    {
        foreach (var command in pending.Snapshot())
        {
            if (options.TimeProvider.GetElapsedTime(command.AddedAt) >= options.CommitDeadline)
            {
                command.IsLate = true;
                pending.Complete(command.Sequence, null);
            }
        }
    }

    private void Resend(bool all)
    {
        foreach (var command in pending.Snapshot())
        {
            if (!command.IsQueued && (all || options.TimeProvider.GetElapsedTime(command.SentAt) > command.Patience))
            {
                command.Patience = command.Patience * 2 < MaxPatience ? command.Patience * 2 : MaxPatience;
                Send(command);
            }
        }
    }

    private readonly record struct Outgoing(ReadOnlyMemory<byte> Bytes, PendingCommand? Own);
}
