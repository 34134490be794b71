using System.Buffers;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Managers;

/// <summary>
/// One agreed order for the replicas of several managers in this process. Who leads is said by the test, and a manager can be cut off from the
/// others, as when its process dies.
/// </summary>
internal sealed class SharedLog
{
    private readonly Lock _lock = new();
    private readonly List<Member> _members = [];
    private readonly List<(long Term, byte[] Payload)> _entries = [];
    private Member? _leader;
    private long _term;

    public Member Join(string address, ILogConsumer consumer)
    {
        var member = new Member(this, address, consumer);
        lock (_lock)
        {
            for (var i = 0; i < _entries.Count; i++)
            {
                member.Apply(i + 1, _entries[i]);
            }

            _members.Add(member);
            Tell();
        }

        return member;
    }

    /// <summary>Elects a member; null ends the leadership without an election.</summary>
    public void Lead(Member? member)
    {
        lock (_lock)
        {
            _leader = member;
            _term++;
            Tell();
        }
    }

    /// <summary>Nothing reaches the member any more, and nothing comes from it.</summary>
    public void CutOff(Member member)
    {
        lock (_lock)
        {
            _members.Remove(member);
            _leader = _leader == member ? null : _leader;
            member.Publish(new LeadershipState(_term, null, false));
            Tell();
        }
    }

    private void Tell() => _members.ForEach(m => m.Publish(new LeadershipState(_term, _leader?.Address, m == _leader)));

    private void Append(Member member, long term, byte[] payload)
    {
        lock (_lock)
        {
            if (member != _leader || term != _term)
            {
                throw new NotLeaderException("this member does not lead that term");
            }

            _entries.Add((term, payload));
            _members.ForEach(m => m.Apply(_entries.Count, (term, payload)));
        }
    }

    private Member? LeaderFor(Member member)
    {
        lock (_lock)
        {
            return _members.Contains(member) ? _leader : null;
        }
    }

    /// <summary>One manager's end of the log.</summary>
    internal sealed class Member(SharedLog log, string address, ILogConsumer consumer) : IConsensusLog
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _changed = New();

        public string Address => address;

        public LeadershipState Leadership { get; private set; } = LeadershipState.None;

        public IReadOnlyList<LogMember> Members => [.. log._members.Select(m => new LogMember(m.Address))];

        public async Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (Leadership != seen)
                    {
                        return Leadership;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(cancellationToken);
            }
        }

        public ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
        {
            log.Append(this, term, entry.ToArray());
            return ValueTask.CompletedTask;
        }

        public ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken) =>
            log.LeaderFor(this)?.Submit(commands) == true ? ValueTask.CompletedTask : throw new NotLeaderException("no leader takes it");

        public ValueTask ReadBarrierAsync(CancellationToken cancellationToken) =>
            log.LeaderFor(this) is not null ? ValueTask.CompletedTask : throw new NotLeaderException("no leader is known");

        public Task AddMemberAsync(LogMember member, CancellationToken cancellationToken) => throw new MembershipChangeException("join the log instead");

        public Task RemoveMemberAsync(string address, CancellationToken cancellationToken) => throw new MembershipChangeException("cut the member off instead");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        internal void Apply(long index, (long Term, byte[] Payload) entry) =>
            consumer.Apply(index, entry.Term, new ReadOnlySequence<byte>(entry.Payload));

        internal bool Submit(IReadOnlyList<ReadOnlyMemory<byte>> commands) => consumer.Submit(commands);

        internal void Publish(LeadershipState state)
        {
            TaskCompletionSource changed;
            lock (_lock)
            {
                Leadership = state;
                changed = _changed;
                _changed = New();
            }

            changed.TrySetResult();
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
