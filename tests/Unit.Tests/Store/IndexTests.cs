using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class IndexTests
{
    private static readonly string[] Ids = ["a", "b", "c"];

    private static readonly Gen<Write> Writes = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 7], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool,
        (action, id, service, node, secret, placed) => new Write(action, $"t{id}", service, node, secret, placed));

    [Fact]
    public void AnyTransactions_IndexesAgreeWithAScan() => Writes.List[1, 4].List[1, 6].List[1, 12].Sample(commands =>
    {
        var test = TestStore.Create();
        foreach (var command in commands)
        {
            Commit(test, command);
        }

        return Agrees(test.Store.Current);
    });

    [Fact]
    public async Task ConflictAmongOthers_LeavesNothingBehind()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Services.Named("taken", "x"));
        var task = Services.TaskOf("svc", "t1", 1);
        var results = await test.Store.CommitAllAsync(
            [
                new StoreTransaction().Create(Services.Named("free", "y")).Create(task).Remove<Service>("x").Remove<Service>("absent"),
                new StoreTransaction().Create(Services.Named("other", "z")),
            ],
            TestContext.Current.CancellationToken);
        Assert.Equal([CommitOutcome.Conflict, CommitOutcome.Committed], results.Select(r => r.Outcome));
        var view = test.Store.Current;
        Assert.Equal(["x", "z"], view.All<Service>().Select(s => s.Id).Order());
        Assert.Null(view.FindByName<Service>("free"));
        Assert.Equal("x", view.FindByName<Service>("taken")!.Id);
        Assert.Equal(0, view.Count<SwarmTask>());
        Assert.Empty(view.Tasks.OfService("svc"));
        Assert.Empty(view.Tasks.Unsettled);
    }

    [Fact]
    public async Task NodesAndSessions_AreFoundByRoleMembershipAndManager()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(
            new Node { Id = "n1", Role = NodeRole.Manager, Spec = new NodeSpec { Membership = NodeSpec.Types.Membership.Accepted } },
            new Node { Id = "n2", Role = NodeRole.Worker, Spec = new NodeSpec { Membership = NodeSpec.Types.Membership.Pending } },
            new NodeSession { Id = "n2", SessionId = "s", ManagerId = "n1" });
        var promoted = test.Store.Current.Find<Node>("n2")!.Clone();
        promoted.Role = NodeRole.Manager;
        await test.Store.CommitAsync(new StoreTransaction().Update(promoted), TestContext.Current.CancellationToken);
        var view = test.Store.Current;
        Assert.Equal(["n1", "n2"], view.Nodes.WithRole(NodeRole.Manager).Select(n => n.Id).Order());
        Assert.Empty(view.Nodes.WithRole(NodeRole.Worker));
        Assert.Equal("n2", Assert.Single(view.Nodes.WithMembership(NodeSpec.Types.Membership.Pending)).Id);
        Assert.Equal("n2", Assert.Single(view.Sessions.OfManager("n1")).Id);
    }

    // Each inner list is one transaction; those that name an absent task, or create one twice, conflict.
    private static void Commit(TestStore test, List<List<Write>> command)
    {
        var view = test.Store.Current;
        var transactions = command.ConvertAll(writes =>
        {
            var transaction = new StoreTransaction();
            foreach (var write in writes)
            {
                var known = view.Find<SwarmTask>(write.Id);
                _ = (write.Action, known) switch
                {
                    (0, _) => transaction.Create(write.ToTask(null)),
                    (1, not null) => transaction.Update(write.ToTask(known)),
                    _ => transaction.Remove<SwarmTask>(write.Id),
                };
            }

            return transaction;
        });
        test.Store.CommitAllAsync(transactions, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private static bool Agrees(StoreView view)
    {
        bool Same(IEnumerable<SwarmTask> found, Func<SwarmTask, bool> expected) =>
            found.Select(t => t.Id).Order().SequenceEqual(view.All<SwarmTask>().Where(expected).Select(t => t.Id).Order());
        return Same(view.Tasks.Unsettled, t => t.Status.State < TaskState.Assigned)
            && Same(view.Tasks.WithoutService(), t => t.ServiceId.Length == 0)
            && Ids.All(id => Same(view.Tasks.OfService(id), t => t.ServiceId == id)
                && Same(view.Tasks.OfNode(id), t => t.NodeId == id)
                && Same(view.Tasks.InSlot(id, 1), t => t.ServiceId == id && t.Slot == 1)
                && Same(view.Tasks.ReferencingSecret(id), t => t.Spec.Container.Secrets.Any(s => s.SecretId == id)));
    }

    private sealed record Write(int Action, string Id, int Service, int Node, int Secret, bool Placed)
    {
        public SwarmTask ToTask(SwarmTask? known)
        {
            var task = known?.Clone() ?? Services.TaskOf("", Id, 0);
            task.ServiceId = Service == 0 ? "" : Ids[Service];
            task.NodeId = Placed ? Ids[Node] : "";
            task.Slot = (ulong)Secret;
            task.Status.State = Placed ? TaskState.Running : TaskState.Pending;
            task.Spec.Container.Secrets.Clear();
            task.Spec.Container.Secrets.Add(new SecretReference { SecretId = Ids[Secret] });
            return task;
        }
    }
}
