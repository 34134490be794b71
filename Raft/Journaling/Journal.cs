using System.Buffers;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>
/// The entries of the log on the disk: records one after the other in files of fixed length, one write and one flush for all that wait together. What a
/// record of an index holds replaces everything that was recorded from that index on.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private readonly string _directory;
    private readonly List<(string Path, long LastIndex)> _closed;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _spare = new();
    private JournalFile? _file;
    private Task<JournalFile> _next;
    private long _nextNumber;
    private long _waitingTicket;
    private long _waitingLastIndex;
    private long _flushedTicket;
    private volatile Exception? _failure;

    private Journal(string directory, List<(string Path, long LastIndex)> files)
    {
        (_directory, _closed) = (directory, files);
        _nextNumber = files.Count == 0 ? 1 : JournalFile.NumberOf(files[^1].Path) + 1;
        _next = MakeNextAsync();
    }

    /// <summary>Opens a directory and reads what follows the snapshot.</summary>
    /// <exception cref="Store.Log.LogCorruptException">A file is damaged.</exception>
    public static Journal Open(string directory, long snapshotIndex, long snapshotTerm, long committedIndex, out List<JournalEntry> entries)
    {
        Directory.CreateDirectory(directory);
        var reader = new JournalReader(directory, snapshotIndex, snapshotTerm, committedIndex);
        entries = reader.Read();
        return new Journal(directory, reader.Files);
    }

    /// <summary>Queues an entry; returns what to give to <see cref="FlushAsync"/>.</summary>
    public long Add(JournalEntry entry)
    {
        lock (_lock)
        {
            JournalRecord.Write(_waiting, entry);
            _waitingLastIndex = Math.Max(_waitingLastIndex, entry.Index);
            return ++_waitingTicket;
        }
    }

    /// <summary>Returns when everything up to the ticket is on stable storage.</summary>
    /// <exception cref="IOException">It cannot be written. What waited is lost then, and nothing can follow it any more.</exception>
    public async ValueTask FlushAsync(long ticket, CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _flushedTicket) >= ticket)
        {
            return;
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_failure is { } failure)
            {
                throw new IOException($"the journal in {_directory} could not be written: {failure.Message}", failure);
            }

            if (Interlocked.Read(ref _flushedTicket) < ticket)
            {
                await WriteWaitingAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failure ??= e;
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Deletes the files that hold nothing after <paramref name="index"/>.</summary>
    public void DropUpTo(long index)
    {
        lock (_closed)
        {
            // In order, so that no gap is left if this is cut short.
            while (_closed.Count > 0 && _closed[0].LastIndex <= index)
            {
                File.Delete(_closed[0].Path);
                _closed.RemoveAt(0);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A leader's flush may still be under way.
        await _writing.WaitAsync().ConfigureAwait(false);
        _file?.Dispose();
        try
        {
            var unused = await _next.ConfigureAwait(false);
            unused.Dispose();
            File.Delete(unused.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It could not be made; the next start tries again.
        }

        _failure ??= new ObjectDisposedException(nameof(Journal));
        _writing.Release();
    }

    private async ValueTask WriteWaitingAsync()
    {
        ArrayBufferWriter<byte> taken;
        long ticket, last;
        lock (_lock)
        {
            (taken, _waiting) = (_waiting, _spare);
            (ticket, last) = (_waitingTicket, _waitingLastIndex);
            _waitingLastIndex = 0;
        }

        if (_file?.Fits(taken.WrittenCount) != true)
        {
            await RollAsync(taken.WrittenCount).ConfigureAwait(false);
        }

        _file!.Append(taken.WrittenSpan);
        _file.LastIndex = Math.Max(_file.LastIndex, last);
        taken.ResetWrittenCount();
        _spare = taken.Capacity > JournalFile.DefaultLength ? new ArrayBufferWriter<byte>() : taken;
        Interlocked.Exchange(ref _flushedTicket, ticket);
    }

    private async ValueTask RollAsync(int bytes)
    {
        if (_file is not null)
        {
            lock (_closed)
            {
                _closed.Add((_file.Path, _file.LastIndex));
            }

            _file.Dispose();
        }

        _file = await _next.ConfigureAwait(false);
        if (!_file.Fits(bytes))
        {
            // One write longer than a file: its own file, which the prepared one makes way for.
            var number = JournalFile.NumberOf(_file.Path);
            _file.Dispose();
            File.Delete(_file.Path);
            _file = JournalFile.Create(_directory, number, bytes);
        }

        _next = MakeNextAsync();
    }

    // Filling a file with zeros takes longer than many writes: it is done before the file is needed.
    private Task<JournalFile> MakeNextAsync()
    {
        var number = _nextNumber++;
        return Task.Run(() => JournalFile.Create(_directory, number, JournalFile.DefaultLength));
    }
}
