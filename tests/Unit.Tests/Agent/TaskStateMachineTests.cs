using CsCheck;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class TaskStateMachineTests
{
    private static readonly TaskState[] States = [.. Enum.GetValues<TaskState>().Order()];

    private static readonly Gen<TaskState> Wishes = Gen.OneOf(
        TaskState.Ready, TaskState.Running, TaskState.Complete, TaskState.Shutdown, TaskState.Remove);

    /// <summary>
    /// One letter for each desired state in the order of their numbers: '.' nothing; a, p, s on to ACCEPTED, PREPARING, STARTING;
    /// P prepare; S start; W wait; X shut down.
    /// </summary>
    [Theory]
    [InlineData(TaskState.New, ".aaaaaaaaXXXXX")]
    [InlineData(TaskState.Pending, "..aaaaaaaXXXXX")]
    [InlineData(TaskState.Assigned, "...aaaaaaXXXXX")]
    [InlineData(TaskState.Accepted, "....pppppXXXXX")]
    [InlineData(TaskState.Preparing, "PPPPPPPPPXXXXX")]
    [InlineData(TaskState.Ready, "......sssXXXXX")]
    [InlineData(TaskState.Starting, "SSSSSSSSSXXXXX")]
    [InlineData(TaskState.Running, "WWWWWWWWWXXXXX")]
    [InlineData(TaskState.Complete, "..............")]
    [InlineData(TaskState.Shutdown, "..............")]
    [InlineData(TaskState.Failed, "..............")]
    [InlineData(TaskState.Rejected, "..............")]
    [InlineData(TaskState.Remove, "..............")]
    [InlineData(TaskState.Orphaned, "..............")]
    public void Next_EveryDesiredState_IsAsTheTableSays(TaskState state, string expected) =>
        Assert.Equal(expected, string.Concat(States.Select(desired => Letter(state, TaskStateMachine.Next(state, desired)))));

    [Fact]
    public void EveryState_HasItsRow() => Assert.Equal(
        States,
        typeof(TaskStateMachineTests).GetMethod(nameof(Next_EveryDesiredState_IsAsTheTableSays))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(a => (TaskState)a.Data[0]!).Order());

    [Theory]
    [InlineData(TaskState.Preparing, TaskState.Ready, "prepared")]
    [InlineData(TaskState.Starting, TaskState.Running, "started")]
    [InlineData(TaskState.Running, TaskState.Complete, "finished")]
    [InlineData(TaskState.Assigned, TaskState.Accepted, "accepted")]
    [InlineData(TaskState.Accepted, TaskState.Preparing, "preparing")]
    [InlineData(TaskState.Ready, TaskState.Starting, "starting")]
    public void Next_Success_LeadsToTheStateAndItsMessage(TaskState state, TaskState next, string message)
    {
        var (_, reached, text) = TaskStateMachine.Next(state, TaskState.Complete);
        Assert.Equal((next, message), (reached, text));
    }

    [Fact]
    public void OnError_IsRejectedBelowStarting_FailedFromThere() =>
        Assert.All(States, s => Assert.Equal(s < TaskState.Starting ? TaskState.Rejected : TaskState.Failed, TaskStateMachine.OnError(s)));

    [Fact]
    public void AnyGrowingWishes_TheWalkNeverGoesBack_Ends_AndIsWhereTheLastWishLeads() =>
        Gen.Select(Gen.OneOf(States), Wishes.Array[1, 5]).Sample((from, wishes) =>
        {
            var state = from;
            foreach (var wish in wishes.Order())
            {
                state = Walk(state, wish);
            }

            Assert.Equal(Expected(from, wishes.Order()), state);
        });

    private static TaskState Walk(TaskState state, TaskState wish)
    {
        for (var steps = 0; ; steps++)
        {
            var (step, next, _) = TaskStateMachine.Next(state, wish);
            if (step == TaskStep.None)
            {
                return state;
            }

            Assert.True(next > state, $"{state} led back to {next}");
            Assert.True(next <= TaskState.Shutdown, $"an agent reports at most SHUTDOWN, not {next}");
            Assert.True(steps < 8, $"no end from {state} for {wish}");
            state = next;
        }
    }

    // A wish for READY holds there; one for RUNNING lets the task run to its own end; from SHUTDOWN on it is stopped if it has not ended.
    private static TaskState Expected(TaskState from, IEnumerable<TaskState> wishes) => wishes.Aggregate(from, (state, wish) =>
        state >= TaskState.Complete ? state
        : wish >= TaskState.Shutdown ? TaskState.Shutdown
        : wish == TaskState.Ready && state <= TaskState.Ready ? TaskState.Ready
        : TaskState.Complete);

    private static string Letter(TaskState state, (TaskStep Step, TaskState State, string Message) next) => next switch
    {
        (TaskStep.None, var same, "") when same == state => ".",
        (TaskStep.Advance, TaskState.Accepted, _) => "a",
        (TaskStep.Advance, TaskState.Preparing, _) => "p",
        (TaskStep.Advance, TaskState.Starting, _) => "s",
        (TaskStep.Prepare, TaskState.Ready, _) => "P",
        (TaskStep.Start, TaskState.Running, _) => "S",
        (TaskStep.Wait, TaskState.Complete, _) => "W",
        (TaskStep.Shutdown, TaskState.Shutdown, "shutdown") => "X",
        _ => $"[{next}]",
    };
}
