using System.Security.Cryptography;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Snapshots;

/// <summary>
/// Snapshot files of one member: <c>INDEX-TERM.snap</c>, written beside and renamed, and <c>current</c>, the descriptor of the one in use.
/// </summary>
internal sealed class SnapshotFiles
{
    private readonly string _directory;

    public SnapshotFiles(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
    }

    private string CurrentFile => Path.Combine(_directory, "current");

    /// <summary>The descriptor of the snapshot in use; null when there is none.</summary>
    /// <exception cref="LogCorruptException">It cannot be read, or its file is missing or has another length.</exception>
    public SnapshotDescriptor? LoadCurrent()
    {
        if (!File.Exists(CurrentFile))
        {
            return null;
        }

        SnapshotDescriptor descriptor;
        try
        {
            descriptor = SnapshotDescriptor.Parse(File.ReadAllBytes(CurrentFile));
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidDataException)
        {
            throw new LogCorruptException(CurrentFile, 0, "not a snapshot descriptor", e);
        }

        var file = PathOf(descriptor.Index, descriptor.Term);
        return Has(descriptor) ? descriptor : throw new LogCorruptException(file, -1, $"the snapshot is missing or has not {descriptor.Length} bytes");
    }

    public bool Has(SnapshotDescriptor descriptor)
    {
        var file = new FileInfo(PathOf(descriptor.Index, descriptor.Term));
        return file.Exists && file.Length == descriptor.Length;
    }

    public FileStream Open(long index, long term) =>
        new(PathOf(index, term), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);

    /// <summary>Writes a captured state to a file and onto stable storage.</summary>
    public async Task<SnapshotDescriptor> WriteAsync(ILogSnapshot snapshot, long index, long term, CancellationToken cancellationToken)
    {
        var partial = PathOf(index, term) + ".part";
        await using var stream = new SnapshotStream(partial);
        await snapshot.WriteAsync(stream, cancellationToken);
        var hash = stream.Complete();
        File.Move(partial, PathOf(index, term), overwrite: true);
        return new SnapshotDescriptor(index, term, stream.Length, hash);
    }

    /// <summary>Completes a download that <paramref name="pull"/> continues from the offset it is given.</summary>
    /// <exception cref="InvalidDataException">What was received is not what the descriptor says.</exception>
    public async Task ReceiveAsync(
        SnapshotDescriptor descriptor, Func<long, Stream, CancellationToken, Task> pull, CancellationToken cancellationToken)
    {
        var partial = PathOf(descriptor.Index, descriptor.Term) + ".pull";
        await using (var stream = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16))
        {
            stream.Seek(0, SeekOrigin.End);
            await pull(stream.Position, stream, cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        if (new FileInfo(partial).Length != descriptor.Length || await HashAsync(partial, cancellationToken) != descriptor.Sha256)
        {
            File.Delete(partial);
            throw new InvalidDataException($"the snapshot of entry {descriptor.Index} arrived damaged");
        }

        File.Move(partial, PathOf(descriptor.Index, descriptor.Term), overwrite: true);
    }

    /// <summary>Makes the snapshot the one that the next start loads.</summary>
    public void SetCurrent(SnapshotDescriptor descriptor)
    {
        var temporary = CurrentFile + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(descriptor.ToBytes());
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, CurrentFile, overwrite: true);
    }

    /// <summary>Deletes what is older than <paramref name="current"/>. A file that is being sent stays readable until it is closed.</summary>
    public void DeleteOlder(SnapshotDescriptor current)
    {
        var keep = Path.GetFileName(PathOf(current.Index, current.Term));
        foreach (var file in Directory.EnumerateFiles(_directory, "*.snap"))
        {
            if (Path.GetFileName(file) != keep)
            {
                File.Delete(file);
            }
        }
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexString(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    private string PathOf(long index, long term) => Path.Combine(_directory, $"{index}-{term}.snap");
}
