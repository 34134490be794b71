using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace SwarmOrleans.Raft.Snapshots;

/// <summary>
/// A snapshot file that is being written. It goes to stable storage piece by piece: the log shares the disk, and its syncs would wait for
/// all of a large file at once.
/// </summary>
internal sealed class SnapshotStream(string path) : Stream
{
    private const long MaxUnsynced = 4 << 20;

    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;
    private long _synced;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>Brings the rest onto stable storage and closes the file.</summary>
    /// <returns>The SHA-256 of what was written, in hexadecimal.</returns>
    public string Complete()
    {
        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
        return Convert.ToHexString(_hash.GetHashAndReset());
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        RandomAccess.Write(_file, buffer, _length);
        _hash.AppendData(buffer);
        _length += buffer.Length;
        if (_length - _synced >= MaxUnsynced)
        {
            RandomAccess.FlushToDisk(_file);
            _synced = _length;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    // Whoever writes a snapshot does so in the background, on a thread of its own.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Every write reaches the file at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
