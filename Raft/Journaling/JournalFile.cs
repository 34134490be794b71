using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>One file of the journal, of a length that is fixed when it is made: appending then changes no metadata, and a flush is one write.</summary>
internal sealed partial class JournalFile : IDisposable
{
    /// <summary>Length of a file, unless one write needs more.</summary>
    public const int DefaultLength = 16 << 20;

    private const string Extension = ".journal";
    private const int DirectoryForReading = 0x10000;

    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private long _end;

    private JournalFile(string path, SafeFileHandle handle, long length)
    {
        (Path, _handle, _length) = (path, handle, length);
    }

    public string Path { get; }

    /// <summary>Highest index of an entry in it.</summary>
    public long LastIndex { get; set; }

    /// <summary>Files of a directory, the oldest first.</summary>
    public static List<string> List(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*" + Extension).OrderBy(NumberOf)];

    /// <summary>Makes file number <paramref name="number"/>, filled with zeros that are on the disk.</summary>
    public static JournalFile Create(string directory, long number, long length)
    {
        var path = System.IO.Path.Combine(directory, number.ToString("D10", CultureInfo.InvariantCulture) + Extension);
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None, length);
        var zeros = new byte[1 << 20];
        for (var at = 0L; at < length; at += zeros.Length)
        {
            RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - at)), at);
        }

        RandomAccess.FlushToDisk(handle);
        FlushDirectory(directory);
        return new JournalFile(path, handle, length);
    }

    public static long NumberOf(string path) =>
        long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Cuts a file after its last whole record.</summary>
    public static void Truncate(string path, long length)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(handle, length);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Makes a new, renamed or removed name in a directory durable.</summary>
    public static void FlushDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // The runtime opens no directories.
        using var handle = new SafeFileHandle(Open(directory, DirectoryForReading), ownsHandle: true);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw new IOException($"{directory}: flushing to the disk failed with error {Marshal.GetLastPInvokeError()}");
        }
    }

    public bool Fits(int bytes) => _end + bytes <= _length;

    /// <summary>Writes at the end and returns when the bytes are on stable storage.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_handle, bytes, _end);
        Flush();
        _end += bytes.Length;
    }

    public void Dispose() => _handle.Dispose();

    private void Flush()
    {
        // The runtime's own flush also writes the time of the last change, which costs a second write.
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(_handle);
        }
        else if (SyncData(_handle) != 0)
        {
            throw new IOException($"{Path}: flushing to the disk failed with error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(SafeFileHandle handle);
}
