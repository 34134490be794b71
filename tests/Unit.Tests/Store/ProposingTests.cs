using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Store.Proposing;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class ProposingTests
{
    private static readonly Keyring Keys = Keyring.Generate();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CommandsThatWaitTogether_ShareOneEntry()
    {
        var log = new PairLog(isLeader: true);
        var gate = new TaskCompletionSource();
        log.Gate = gate.Task;
        await using var store = new SwarmStore(Options("a"));
        log.Replicas.Add(store);
        store.Attach(log);
        var commits = new List<Task<CommitResult>> { CreateAsync(store, "n0") };
        await log.Entered;
        commits.AddRange(Enumerable.Range(1, 99).Select(i => CreateAsync(store, $"n{i}")));
        gate.SetResult();
        Assert.All(await Task.WhenAll(commits), r => Assert.True(r.IsCommitted));
        Assert.Equal(2, log.Entries.Count);
        Assert.Equal(100ul, store.Current.Version);
    }

    [Fact]
    public async Task Follower_GetsItsOutcomeFromItsOwnReplica()
    {
        var (leader, follower, _) = Pair();
        await using var _1 = leader;
        await using var _2 = follower;
        var result = await CreateAsync(follower, "web");
        Assert.True(result.IsCommitted);
        Assert.Equal("id-web", follower.Current.FindByName<Service>("web")!.Id);
        Assert.Equal(ConflictReason.AlreadyExists, (await CreateAsync(follower, "web")).Conflict!.Reason);
    }

    [Fact]
    public async Task LostOrFailedSendings_AreRepeated_AndExecutedOnce()
    {
        var time = new FakeTimeProvider();
        var (leader, follower, log) = Pair(time);
        await using var _1 = leader;
        await using var _2 = follower;
        log.Losses.Enqueue(null);
        log.Losses.Enqueue(new NotLeaderException("gone"));
        log.Losses.Enqueue(new InvalidOperationException("not foreseen"));
        var commit = CreateAsync(follower, "web");
        while (!commit.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.True((await commit).IsCommitted);
        Assert.True(log.Sendings >= 4);
        Assert.Equal(1ul, leader.Current.Version);
    }

    [Fact]
    public async Task TermEndedOnTheWay_RefusesTheTransaction()
    {
        await using var test = TestStore.Create();
        test.Log.BeforeAppend = () =>
        {
            test.Log.BeforeAppend = null;
            test.Log.Lead(2);
            return new OutcomeUnknownException("elections");
        };
        var result = await test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("web")).UnderTerm(1), Stop);
        Assert.Equal(CommitOutcome.Unavailable, result.Outcome);
        Assert.Single(test.Log.Entries);
        Assert.Equal(0ul, test.Store.Current.Version);
    }

    [Fact]
    public async Task CommandBelowTheFloor_IsNeverExecuted()
    {
        await using var store = new SwarmStore(Options("b"));
        Apply(store, Command(5, floor: 5, "five"));
        Apply(store, Command(3, floor: 2, "three"));
        Apply(store, Command(6, floor: 5, "six"));
        Assert.Equal(["five", "six"], store.Current.All<Service>().Select(s => s.Spec.Annotations.Name).Order());
    }

    [Fact]
    public async Task CopyOfACommand_GetsTheRecordedVerdict_EvenWhenTheStateHasChanged()
    {
        await using var store = new SwarmStore(Options("b"));
        Apply(store, Command(1, floor: 1, "one"));
        var remove = Command(2, floor: 1, "one");
        remove.Transactions[0].Writes[0] = new LogWrite { Action = LogWrite.Types.Action.Remove, Kind = (int)ObjectKind.Service, Id = "id-one" };
        Apply(store, remove);
        Apply(store, Command(1, floor: 1, "one"));
        Assert.Equal(0, store.Current.Count<Service>());
        Assert.Equal(2ul, store.Current.Version);
    }

    [Fact]
    public async Task OldCommandWithoutOutcome_HoldsNewOnesBack()
    {
        var pending = new PendingCommands(new SwarmStoreOptions { ManagerId = "a", BootId = "b", Keyring = Keys, MaxOutstanding = 1 });
        for (var i = 0; i < 4; i++)
        {
            var added = await pending.AddAsync(new LogCommand(), Stop);
            if (added.Sequence > 1)
            {
                pending.Complete(added.Sequence, null);
            }
        }

        var fifth = pending.AddAsync(new LogCommand(), Stop).AsTask();
        Assert.False(fifth.IsCompleted);
        pending.Complete(1, null);
        var command = LogCommand.Parser.ParseFrom((await fifth).Bytes.Span);
        Assert.Equal((5ul, 5ul), (command.Sequence, command.Floor));
    }

    [Fact]
    public async Task NewKeyring_WritesWithItsKey_AndReadsTheOldOnes()
    {
        var both = new Keyring([.. Keys.Keys, new(2, new byte[32])], 2);
        await using var test = TestStore.Create(options: Options("a"));
        await test.CreateAsync(Services.Named("old"));
        test.Store.UseKeyring(both);
        await test.CreateAsync(Services.Named("new"));
        await using var lacking = new SwarmStore(Options("b"));
        lacking.Apply(1, 1, new(test.Log.Entries[0].Payload));
        Assert.Equal(2, Assert.Throws<UnknownKeyException>(() => lacking.Apply(2, 1, new(test.Log.Entries[1].Payload))).KeyId);
        lacking.UseKeyring(both);
        lacking.Apply(2, 1, new(test.Log.Entries[1].Payload));
        Assert.Equal(2, lacking.Current.Count<Service>());
    }

#if DEBUG
    [Fact]
    public async Task ObjectOfTheStoreChanged_IsNoticed()
    {
        var test = TestStore.Create();
        var service = (await test.CreateAsync(Services.Named("web", "s"))).Find<Service>("s")!;
        service.Spec.Annotations.Name = "changed";
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await test.DisposeAsync());
    }
#endif

    private static SwarmStoreOptions Options(string id, TimeProvider? time = null) =>
        new() { ManagerId = id, BootId = "boot", Keyring = Keys, TimeProvider = time ?? TimeProvider.System, CommitDeadline = TimeSpan.FromDays(1) };

    private static (SwarmStore Leader, SwarmStore Follower, PairLog Log) Pair(TimeProvider? time = null)
    {
        var (leader, follower) = (new SwarmStore(Options("a", time)), new SwarmStore(Options("b", time)));
        var (leading, following) = (new PairLog(isLeader: true), new PairLog(isLeader: false));
        leading.Replicas.AddRange([leader, follower]);
        following.Replicas.Add(leader);
        leader.Attach(leading);
        follower.Attach(following);
        return (leader, follower, following);
    }

    private static Task<CommitResult> CreateAsync(SwarmStore store, string name) =>
        store.CommitAsync(new StoreTransaction().Create(Services.Named(name)), Stop).AsTask();

    private static LogCommand Command(ulong sequence, ulong floor, string name)
    {
        var command = CommandEncoder.Encode([new StoreTransaction().Create(Services.Named(name))], new SwarmStore(Options("x")).Current);
        (command.Origin, command.Boot, command.Sequence, command.Floor) = ("a", "boot", sequence, floor);
        return command;
    }

    private static void Apply(SwarmStore store, LogCommand command)
    {
        using var cipher = new FrameCipher(Keys);
        var entry = EntryCodec.Encode(cipher, [Google.Protobuf.MessageExtensions.ToByteArray(command)]);
        store.Apply(store.AppliedIndex + 1, 1, new(entry));
    }
}
