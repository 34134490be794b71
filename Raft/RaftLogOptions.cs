using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft;

/// <summary>What a <see cref="RaftLog"/> needs to know.</summary>
public sealed class RaftLogOptions
{
    /// <summary>Directory of the log; the folders <c>journal</c>, <c>log</c> (term and vote) and <c>snapshots</c> and the files of the guard are made in it.</summary>
    public required string Directory { get; init; }

    /// <summary>The endpoint that other managers dial: this member's identity in the group.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>True on the first manager of a cluster that has no log yet: it becomes a group of one.</summary>
    public bool Bootstrap { get; init; }

    /// <summary>True to go on alone with what the log holds, after the other members are lost.</summary>
    public bool ForceNewGroup { get; init; }

    /// <summary>The replica that entries are applied to.</summary>
    public required ILogConsumer Consumer { get; init; }

    /// <summary>Where connections of other members come in.</summary>
    public required IConnectionListenerFactory Listener { get; init; }

    /// <summary>How other members are dialled.</summary>
    public required IConnectionFactory Connector { get; init; }

    /// <summary>gRPC to the manager with that host:port.</summary>
    public required Func<string, CallInvoker> Peers { get; init; }

    /// <summary>A follower stands for election after this time without a leader, drawn anew each time from the range up to twice it. Default 300 ms.</summary>
    public int ElectionTimeoutMs { get; init; } = 300;

    /// <summary>Log bytes after which a snapshot is taken; at least two to three times the size of the last one. Default 16 MiB.</summary>
    public long SnapshotBytes { get; init; } = 16 << 20;

    /// <summary>Receives the engine's and the adapter's log.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal string LogDirectory => Path.Combine(Directory, "log");

    internal string JournalDirectory => Path.Combine(Directory, "journal");

    internal string SnapshotDirectory => Path.Combine(Directory, "snapshots");

    internal string MembersFile => Path.Combine(Directory, "members");

    internal string GuardFile => Path.Combine(Directory, "guard");
}
