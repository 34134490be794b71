using SwarmOrleans.Store.Log;
using SwarmOrleans.Tests.Simulation.Kernel;

namespace SwarmOrleans.Tests.Simulation.Consensus;

/// <summary>
/// The agreed order behind all <see cref="SimLog"/>s of one world: one list of committed entries, a leader that changes, followers that lag,
/// and proposals that end without telling whether they were committed.
/// </summary>
internal sealed class SimGroup
{
    private readonly Dictionary<string, SimLog> _members = [];
    private readonly HashSet<(string From, string To)> _cuts = [];
    private bool _leaderReady;

    public SimGroup(SimScheduler scheduler, int seed, SimFaults faults)
    {
        Scheduler = scheduler;
        Random = new Random(seed ^ 0x5117);
        Faults = faults;
    }

    public SimScheduler Scheduler { get; }

    public Random Random { get; }

    public SimFaults Faults { get; }

    public SimTime Time => Scheduler.Time;

    /// <summary>Everything committed, in order; index 0 is log index 1.</summary>
    public List<SimEntry> Committed { get; } = [];

    public long Term { get; private set; }

    public SimLog? Leader { get; private set; }

    /// <summary>Told of every entry as it is committed.</summary>
    public Action<long, SimEntry>? OnCommitted { get; set; }

    public IEnumerable<SimLog> Members => _members.Values.OrderBy(m => m.Address, StringComparer.Ordinal);

    /// <summary>Adds a member, or a restarted one, and lets it catch up from the start of the log.</summary>
    public void Join(SimLog log)
    {
        _members[log.Address] = log;
        TellLeadership();
        if (Leader is null)
        {
            _ = ElectAsync(Term);
        }
    }

    /// <summary>The member's process ended. Nothing it was doing is finished by it.</summary>
    public void Crash(SimLog log)
    {
        log.Stop();
        if (ReferenceEquals(Leader, log))
        {
            LoseLeader();
        }
    }

    /// <summary>Cuts or heals the link between two members, both ways.</summary>
    public void SetLink(string a, string b, bool connected)
    {
        foreach (var link in new[] { (a, b), (b, a) })
        {
            if (connected)
            {
                _cuts.Remove(link);
            }
            else
            {
                _cuts.Add(link);
            }
        }

        if (Leader is not null && !HasMajority(Leader))
        {
            LoseLeader();
        }
        else if (Leader is null)
        {
            _ = ElectAsync(Term);
        }

        TellLeadership();
    }

    public bool Connected(SimLog a, SimLog b) => a.IsUp && b.IsUp && !_cuts.Contains((a.Address, b.Address));

    public bool HasMajority(SimLog log) => log.IsUp && 2 * _members.Values.Count(m => Connected(log, m)) > _members.Count;

    /// <summary>A time on the wire; never the same twice, so messages overtake each other.</summary>
    public Task WireAsync(CancellationToken cancellationToken) =>
        Time.SleepAsync(TimeSpan.FromMicroseconds(100 + Random.Next(Faults.MaxDelayMicroseconds)), cancellationToken);

    /// <summary>Commits an entry and starts its way to every connected member.</summary>
    public long Commit(long term, byte[] entry)
    {
        Committed.Add(new SimEntry(term, entry));
        Scheduler.Note($"commit {Committed.Count} {entry.Length}");
        OnCommitted?.Invoke(Committed.Count, Committed[^1]);
        foreach (var member in Members)
        {
            member.Wake();
        }

        return Committed.Count;
    }

    /// <summary>The leader has applied all of earlier terms: it may work, and everyone in reach learns of it.</summary>
    public void LeaderIsReady()
    {
        _leaderReady = true;
        TellLeadership();
    }

    private void TellLeadership()
    {
        foreach (var member in Members)
        {
            member.Wake();
            if (_leaderReady && Leader is not null && Connected(Leader, member) && member.Leadership.LeaderAddress != Leader.Address)
            {
                member.Publish(new LeadershipState(Term, Leader.Address, member == Leader));
            }
            else if (Leader is not null && member.IsUp && !Connected(Leader, member))
            {
                _ = DoubtAsync(member);
            }
        }
    }

    // A member that hears nothing from its leader stops believing in it after an election timeout.
    private async Task DoubtAsync(SimLog member)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(300 + Random.Next(300)), Time);
        if (Leader is not null && member.IsUp && !Connected(Leader, member))
        {
            member.Publish(new LeadershipState(Term, null, false));
        }
    }

    private void LoseLeader()
    {
        Leader = null;
        _leaderReady = false;
        Term++;
        foreach (var member in Members)
        {
            member.Publish(new LeadershipState(Term, null, false));
        }

        _ = ElectAsync(Term);
    }

    private async Task ElectAsync(long term)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(300 + Random.Next(300)), Time);
        if (Leader is not null || Term != term)
        {
            return;
        }

        var candidates = Members.Where(HasMajority).ToList();
        if (candidates.Count == 0)
        {
            return;
        }

        Leader = candidates[Random.Next(candidates.Count)];
        Term++;
        Scheduler.Note($"leader {Leader.Address} term {Term}");
        foreach (var member in Members.Where(m => Connected(Leader, m)))
        {
            member.Wake();
        }

        _ = Leader.TakeOverAsync(Term);
    }
}

/// <summary>One committed entry.</summary>
internal readonly record struct SimEntry(long Term, byte[] Payload);

/// <summary>How unkind the world is.</summary>
internal sealed class SimFaults
{
    /// <summary>Longest time on the wire, in microseconds, above the shortest of 100.</summary>
    public int MaxDelayMicroseconds { get; set; } = 900;

    /// <summary>Share of messages that never arrive, 0 to 1.</summary>
    public double Loss { get; set; }
}
