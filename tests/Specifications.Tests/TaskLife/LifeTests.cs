using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.TaskLife;

public sealed class LifeTests(ITestOutputHelper output)
{
    private readonly StatusStore _store = new();

    /// <summary>The agent's state machine, and the store that takes its reports, in every state that one task and its agent can be in.</summary>
    [Fact]
    public void AgentAndStore_TakeATask_AsTheSpecificationAllows()
    {
        var exploration = Explorer.Explore(
            LifeSpecification.Initial,
            s => s.ToString(),
            state => LifeSpecification.Steps(state).Select(step => (step.ToString(), Next(state, step))),
            _ => null,
            maxDepth: 100);
        output.WriteLine($"specification and real code: {exploration}");
        Assert.True(exploration.IsWhole);
    }

    /// <summary>In every state at all, not only in those that can come about.</summary>
    [Fact]
    public void TheStateMachine_IsTheSpecifications_InEveryState()
    {
        foreach (var state in Enum.GetValues<TaskState>())
        {
            Assert.Equal(LifeSpecification.AfterError(state), TaskStateMachine.OnError(state));
            foreach (var wish in LifeSpecification.Wishes)
            {
                Compare(state, wish);
            }
        }
    }

    private LifeState Next(LifeState state, LifeStep step)
    {
        switch (step.Act)
        {
            case LifeAct.Succeed:
                Compare(state.Local, state.Wish);
                break;
            case LifeAct.Fail when TaskStateMachine.OnError(state.Local) != step.State:
                throw new SpecificationException($"an error leads to {TaskStateMachine.OnError(state.Local)}, not {step.State}");
            case LifeAct.Store when _store.After(state.Stored, step.State) is var stored && stored != LifeSpecification.Apply(state, step).Stored:
                throw new SpecificationException($"{step.State} reported over {state.Stored} is stored as {stored}");
            case LifeAct.Receive when !state.IsKnown && TaskStateMachine.Next(state.Stored, step.State).Step == TaskStep.None && LifeSpecification.Next(state.Stored, step.State) is not null:
                throw new SpecificationException($"nothing is done about {state.Stored}/{step.State}");
        }

        var after = LifeSpecification.Apply(state, step);
        LifeSpecification.Check(state, step, after);
        return after;
    }

    private static void Compare(TaskState state, TaskState wish)
    {
        var (step, reached, _) = TaskStateMachine.Next(state, wish);
        var expected = LifeSpecification.Next(state, wish);
        var expectedStep = (state, expected) switch
        {
            (_, null) => TaskStep.None,
            (_, TaskState.Shutdown) => TaskStep.Shutdown,
            (TaskState.Preparing, _) => TaskStep.Prepare,
            (TaskState.Starting, _) => TaskStep.Start,
            (TaskState.Running, _) => TaskStep.Wait,
            _ => TaskStep.Advance,
        };
        if (step != expectedStep || reached != (expected ?? state))
        {
            throw new SpecificationException($"from {state}/{wish} the agent goes by {step} to {reached}, not by {expectedStep} to {expected ?? state}");
        }
    }
}
