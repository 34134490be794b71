using System.Buffers.Binary;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Engine;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

/// <summary>The engine's files, written and read beside the engine.</summary>
internal static class LogFiles
{
    private const int CommitOffset = 4;
    private const int LastIndexOffset = 12;

    /// <summary>The last entry that would be there after a crash now.</summary>
    public static long LastIndexOnDisk(string directory) => Read(directory, LastIndexOffset);

    /// <summary>The last entry known to be committed after a crash now.</summary>
    public static long CommitOnDisk(string directory) => Read(directory, CommitOffset);

    public static WriteAheadLog Open(string directory) => new(RaftLog.WalOptions(directory), new InspectionMachine(null));

    public static BinaryLogEntry Entry(long term) => new() { Term = term, Content = new byte[] { 1, 2, 3, (byte)term } };

    /// <summary>Makes a log with one entry of each term, of which the first <paramref name="committed"/> are committed.</summary>
    public static async Task WriteAsync(string directory, long committed, params long[] terms)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var wal = Open(directory);
        await wal.InitializeAsync(stop);
        foreach (var term in terms)
        {
            await wal.AppendAsync(Entry(term), stop);
        }

        if (committed > 0)
        {
            await wal.CommitAsync(committed, stop);
            await wal.WaitForApplyAsync(committed, stop);
        }

        await wal.FlushAsync(stop);
    }

    private static long Read(string directory, int offset)
    {
        using var stream = new FileStream(Path.Combine(directory, "checkpoint"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[LastIndexOffset + sizeof(long)];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(offset));
    }
}
