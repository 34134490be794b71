using System.Text.Json;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace SwarmOrleans.Raft.Snapshots;

/// <summary>What Raft carries instead of a snapshot's bytes: those travel apart, without a request timeout, and can be resumed.</summary>
/// <param name="Index">Last entry that the snapshot contains.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="Sha256">Hash of the file, in hexadecimal.</param>
internal sealed record SnapshotDescriptor(long Index, long Term, long Length, string Sha256) : ISnapshot
{
    private byte[]? _bytes;

    bool IDataTransferObject.IsReusable => true;

    long? IDataTransferObject.Length => Bytes.Length;

    long DotNext.Net.Cluster.Consensus.Raft.IRaftLogEntry.Term => Term;

    private byte[] Bytes => _bytes ??= JsonSerializer.SerializeToUtf8Bytes(new Body(Index, Term, Length, Sha256));

    public static SnapshotDescriptor Parse(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<Body>(bytes) is { } body
        ? new SnapshotDescriptor(body.Index, body.Term, body.Length, body.Sha256)
        : throw new InvalidDataException("not a snapshot descriptor");

    public byte[] ToBytes() => Bytes;

    ValueTask IDataTransferObject.WriteToAsync<TWriter>(TWriter writer, CancellationToken token) => writer.WriteAsync(Bytes, null, token);

    private sealed record Body(long Index, long Term, long Length, string Sha256);
}
