using System.Buffers.Binary;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Notes the term and the commit index beside the log, with a checksum. The engine's own files for them have none: without this a lost or damaged
/// one would start a member that has forgotten what it voted for or acknowledged.
/// </summary>
internal sealed class LogGuard(string file)
{
    private const int Length = 4 + 8 + 8 + 4;
    private const uint Magic = 0x31475753;
    private (long Term, long Commit) _written;

    /// <summary>Up to where the log was committed when the note was written; 0 when there is none.</summary>
    /// <exception cref="LogCorruptException">The note is damaged.</exception>
    public long CommittedIndex => File.Exists(file) ? Read().Commit : 0;

    /// <summary>Compares the engine's term with the note.</summary>
    /// <exception cref="LogCorruptException">The term is older, or the note is damaged.</exception>
    public void VerifyTerm(long term, string directory)
    {
        if (File.Exists(file) && Read().Term is var known && term < known)
        {
            throw new LogCorruptException(Path.Combine(directory, "state"), 29, $"the term is {term}, but this member has seen term {known}");
        }
    }

    /// <summary>Writes the note if it has changed. Never concurrently with itself.</summary>
    public void Save(long term, long commit)
    {
        if (_written == (term, commit))
        {
            return;
        }

        var note = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(note, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(4), term);
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(12), commit);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(20), Checksum(note.AsSpan(0, 20)));
        var temporary = file + ".new";
        File.WriteAllBytes(temporary, note);
        File.Move(temporary, file, overwrite: true);
        _written = (term, commit);
    }

    private (long Term, long Commit) Read()
    {
        var note = File.ReadAllBytes(file);
        if (note.Length != Length || BinaryPrimitives.ReadUInt32LittleEndian(note) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(note.AsSpan(20)) != Checksum(note.AsSpan(0, 20)))
        {
            throw new LogCorruptException(file, 0, "the note of term and commit index fails its checksum");
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(note.AsSpan(4)), BinaryPrimitives.ReadInt64LittleEndian(note.AsSpan(12)));
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}
