using SwarmOrleans.Raft.Journaling;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

/// <summary>A journal as a crash now would leave it.</summary>
internal static class JournalCopy
{
    public static List<JournalEntry> Read(string directory)
    {
        using var copy = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(directory))
        {
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        return new JournalReader(copy.Path, 0, 0, 0).Read();
    }
}
