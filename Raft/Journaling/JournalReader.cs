using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>
/// Reads a journal at start. A record that a crash cut off is the end; damage anywhere else, and damage to what is known to have been committed, is
/// reported with its place.
/// </summary>
internal sealed class JournalReader
{
    private readonly List<JournalEntry> _entries = [];
    private readonly string _directory;
    private readonly long _snapshotIndex;
    private readonly long _snapshotTerm;
    private readonly long _committedIndex;
    private long _last;

    /// <param name="directory">Where the files are.</param>
    /// <param name="snapshotIndex">Last entry that the snapshot in use contains; 0 without one.</param>
    /// <param name="snapshotTerm">Its term.</param>
    /// <param name="committedIndex">Up to where the log is known to be committed.</param>
    public JournalReader(string directory, long snapshotIndex, long snapshotTerm, long committedIndex)
    {
        (_directory, _snapshotIndex, _snapshotTerm, _committedIndex) = (directory, snapshotIndex, snapshotTerm, committedIndex);
        _last = snapshotIndex;
    }

    /// <summary>Highest index in each file, the oldest file first.</summary>
    public List<(string Path, long LastIndex)> Files { get; } = [];

    /// <summary>The entries after the snapshot.</summary>
    /// <exception cref="LogCorruptException">A file is damaged or missing.</exception>
    public List<JournalEntry> Read()
    {
        var paths = JournalFile.List(_directory);
        while (paths.Count > 0 && !File.ReadAllBytes(paths[^1]).AsSpan().ContainsAnyExcept((byte)0))
        {
            // Made before it was needed.
            File.Delete(paths[^1]);
            paths.RemoveAt(paths.Count - 1);
        }

        for (var i = 0; i < paths.Count; i++)
        {
            if (i > 0 && JournalFile.NumberOf(paths[i]) != JournalFile.NumberOf(paths[i - 1]) + 1)
            {
                throw new LogCorruptException(paths[i], -1, "the file before it is missing");
            }

            Read(paths[i], isLast: i == paths.Count - 1);
        }

        if (_last < _committedIndex)
        {
            throw new LogCorruptException(
                paths.Count == 0 ? _directory : paths[^1], -1, $"the log ends at entry {_last}, but entry {_committedIndex} was committed");
        }

        return _entries;
    }

    private void Read(string path, bool isLast)
    {
        ReadOnlyMemory<byte> content = File.ReadAllBytes(path);
        var at = 0;
        var highest = 0L;
        while (JournalRecord.TryRead(content[at..], out var length) is { } entry)
        {
            Add(entry, path, at);
            highest = Math.Max(highest, entry.Index);
            at += length;
        }

        CheckEnd(content.Span, at, path, isLast);
        if (at < content.Length)
        {
            // What a torn write left must never be taken for a record that follows a new one.
            JournalFile.Truncate(path, at);
        }

        Files.Add((path, highest));
    }

    private void Add(JournalEntry entry, string path, long offset)
    {
        if (entry.Term < TermBefore(entry.Index))
        {
            // Left from before a snapshot of a later leader was installed: with it this member would vote for a log that lacks what the snapshot holds.
            return;
        }

        if (entry.Index > _last + 1)
        {
            throw new LogCorruptException(path, offset, $"entry {entry.Index} follows entry {_last}");
        }

        if (entry.Index <= _snapshotIndex)
        {
            return;
        }

        // A leader has replaced what was here before.
        _entries.RemoveRange((int)(entry.Index - _snapshotIndex - 1), (int)(_last - entry.Index + 1));
        _entries.Add(entry);
        _last = entry.Index;
    }

    // Terms never go back in a log.
    private long TermBefore(long index)
    {
        var before = Math.Min(index - 1, _last);
        return before <= _snapshotIndex ? (before == _snapshotIndex ? _snapshotTerm : 0) : _entries[(int)(before - _snapshotIndex - 1)].Term;
    }

    private void CheckEnd(ReadOnlySpan<byte> content, int at, string path, bool isLast)
    {
        var rest = content[at..];
        if (!rest.ContainsAnyExcept((byte)0))
        {
            return;
        }

        var claimed = JournalRecord.LengthAt(rest);
        var isFollowed = claimed > 0 && JournalRecord.TryRead(rest[claimed..].ToArray(), out _) is not null;
        if (!isLast || isFollowed || _last < _committedIndex)
        {
            throw new LogCorruptException(path, at, $"the record after entry {_last} fails its checksum");
        }
    }
}
