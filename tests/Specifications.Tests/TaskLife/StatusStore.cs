using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Proposing;

namespace SwarmOrleans.Tests.Specifications.TaskLife;

/// <summary>What the real store makes of a report.</summary>
internal sealed class StatusStore
{
    private readonly Dictionary<TaskState, StoreState> _states = [];

    /// <summary>The state that is stored when <paramref name="reported"/> comes upon <paramref name="stored"/>.</summary>
    public TaskState After(TaskState stored, TaskState reported)
    {
        var applier = new CommandApplier(Holding(stored), term: 1);
        var report = new TaskStatusReport("t", new SwarmTaskStatus { State = reported });
        var verdicts = applier.Apply(Command(2, CommandEncoder.Encode("n", "s", [report])));
        Assert.True(verdicts![0].IsCommitted);
        return new StoreView(0, applier.Finish(2).Tables).Find<SwarmTask>("t")!.Status.State;
    }

    private StoreState Holding(TaskState state)
    {
        if (!_states.TryGetValue(state, out var holding))
        {
            var task = new SwarmTask { Id = "t", NodeId = "n", Spec = new TaskSpec(), Status = new SwarmTaskStatus { State = state } };
            var transaction = new StoreTransaction().Create(task).Create(new NodeSession { Id = "n", SessionId = "s" });
            var applier = new CommandApplier(StoreState.Empty, term: 1);
            Assert.True(applier.Apply(Command(1, CommandEncoder.Encode([transaction], new StoreView(0, StoreState.Empty.Tables))))![0].IsCommitted);
            _states.Add(state, holding = applier.Finish(1));
        }

        return holding;
    }

    private static LogCommand Command(ulong sequence, LogCommand command)
    {
        (command.Origin, command.Boot, command.Sequence, command.Floor) = ("m", "b", sequence, 1);
        return command;
    }
}
