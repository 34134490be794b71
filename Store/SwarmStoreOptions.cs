namespace SwarmOrleans.Store;

/// <summary>What a <see cref="SwarmStore"/> needs to know.</summary>
public sealed class SwarmStoreOptions
{
    /// <summary>Node id of the manager: the origin of its commands.</summary>
    public required string ManagerId { get; init; }

    /// <summary>Random id of this start of the manager; never used twice.</summary>
    public required string BootId { get; init; }

    /// <summary>Keys for log and snapshots.</summary>
    public required Keyring Keyring { get; init; }

    /// <summary>Clock for deadlines and for the times in commands.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long a commit or a linearizable read waits for a leader and an outcome. Default 10 s.</summary>
    public TimeSpan CommitDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Commands of this manager under way at once; more wait. Every replica keeps that many verdicts. Default 4096.</summary>
    public int MaxOutstanding { get; init; } = 4096;

    /// <summary>Changes that a watch can resume over at least; with more tasks, as many as there are tasks. Default 16,384.</summary>
    public int WatchCapacity { get; init; } = 16_384;
}
