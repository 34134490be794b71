namespace SwarmOrleans.Raft.Journaling;

/// <summary>The entries that are in memory: those since the last snapshot, and some before it for followers that are a little behind.</summary>
internal sealed class EntryWindow
{
    /// <summary>Bytes of entries before the snapshot that are kept.</summary>
    private const long MaxKeptBytes = 8 << 20;

    private const int MaxFound = 8192;

    private readonly SemaphoreSlim _changing = new(1);
    private readonly Lock _lock = new();
    private readonly List<JournalEntry> _entries;
    private long _base;
    private long _baseTerm;
    private long _ticket;

    /// <param name="baseIndex">Index of the entry before the first.</param>
    /// <param name="baseTerm">Its term.</param>
    /// <param name="entries">What follows it.</param>
    public EntryWindow(long baseIndex, long baseTerm, List<JournalEntry> entries) => (_base, _baseTerm, _entries) = (baseIndex, baseTerm, entries);

    public long LastIndex
    {
        get
        {
            lock (_lock)
            {
                return _base + _entries.Count;
            }
        }
    }

    /// <summary>The journal's ticket of the last change.</summary>
    public long LastTicket
    {
        get => Interlocked.Read(ref _ticket);
        set => Interlocked.Exchange(ref _ticket, value);
    }

    /// <summary>Keeps others from changing entries until disposed.</summary>
    public async ValueTask<Releaser> LockAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Releaser(_changing);
    }

    /// <summary>Puts an entry at its place and drops what followed it. Under the lock.</summary>
    public void Set(JournalEntry entry)
    {
        lock (_lock)
        {
            var position = (int)(entry.Index - _base - 1);
            _entries.RemoveRange(position, _entries.Count - position);
            _entries.Add(entry);
        }
    }

    /// <summary>The entry of an index that is in memory.</summary>
    public JournalEntry At(long index)
    {
        lock (_lock)
        {
            return _entries[(int)(index - _base - 1)];
        }
    }

    /// <summary>Its term; -1 when there is none.</summary>
    public long TermOf(long index)
    {
        lock (_lock)
        {
            var position = index - _base - 1;
            return position == -1 ? _baseTerm : position >= 0 && position < _entries.Count ? _entries[(int)position].Term : -1;
        }
    }

    /// <summary>
    /// Entries from <paramref name="first"/> to <paramref name="last"/>, or as many of them as <paramref name="maxBytes"/> allows, but at least one;
    /// null when the first is not here any more. For the entry before the first, whose term alone is known, one without content.
    /// </summary>
    public JournalEntry[]? Find(long first, long last, long maxBytes)
    {
        lock (_lock)
        {
            if (first == _base && last == _base)
            {
                return [new JournalEntry(_base, _baseTerm, null, false, default)];
            }

            if (first <= _base)
            {
                return null;
            }

            if (last > _base + _entries.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(last), last, $"the log ends at entry {_base + _entries.Count}");
            }

            var position = (int)(first - _base - 1);
            var count = Fitting(position, (int)Math.Min(last - first + 1, MaxFound), maxBytes);
            return [.. _entries[position..(position + count)]];
        }
    }

    /// <summary>Begins after a snapshot. What follows it stays if it was made after the very entry that the snapshot ends with.</summary>
    public void StartAfter(long index, long term)
    {
        lock (_lock)
        {
            var position = index - _base - 1;
            if (position >= 0 && position < _entries.Count && _entries[(int)position].Term == term)
            {
                _entries.RemoveRange(0, (int)position + 1);
            }
            else
            {
                _entries.Clear();
            }

            (_base, _baseTerm) = (index, term);
        }
    }

    /// <summary>Lets go of entries that a snapshot contains, except the last of them.</summary>
    public void DropUpTo(long index)
    {
        lock (_lock)
        {
            var count = (int)Math.Min(index - _base, _entries.Count);
            var kept = 0L;
            while (count > 0 && kept + _entries[count - 1].Payload.Length <= MaxKeptBytes)
            {
                kept += _entries[count - 1].Payload.Length;
                count--;
            }

            if (count > 0)
            {
                (_base, _baseTerm) = (_base + count, _entries[count - 1].Term);
                _entries.RemoveRange(0, count);
            }
        }
    }

    private int Fitting(int position, int count, long maxBytes)
    {
        var bytes = 0L;
        for (var i = 0; i < count; i++)
        {
            bytes += _entries[position + i].Payload.Length;
            if (bytes > maxBytes && i > 0)
            {
                return i;
            }
        }

        return count;
    }

    internal readonly struct Releaser(SemaphoreSlim held) : IDisposable
    {
        public void Dispose() => held.Release();
    }
}
