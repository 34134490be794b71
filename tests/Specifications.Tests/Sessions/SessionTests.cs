using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.Sessions;

public sealed class SessionTests(ITestOutputHelper output)
{
    /// <summary>A dispatcher cannot be copied: each state is reached anew by the shortest way to it, and from there each step is taken.</summary>
    [Fact]
    public void Dispatchers_KeepSessions_AsTheSpecificationAllows()
    {
        var whole = Explorer.Explore(
            [SessionSpecification.Initial],
            s => s.Key,
            s => SessionSpecification.Steps(s).Select(step => (step.ToString(), SessionSpecification.Apply(s, step))),
            SessionSpecification.Violation,
            maxDepth: 100);
        output.WriteLine($"specification: {whole}");
        Assert.True(whole.IsWhole);

        var real = Explorer.Explore(
            [(State: SessionSpecification.Initial, Path: (SessionStep[])[])],
            s => s.State.Key,
            s => SessionSpecification.Steps(s.State).Select(step => (step.ToString(), Next(s.State, s.Path, step))),
            _ => null,
            maxDepth: 100);
        output.WriteLine($"real code: {real}");
    }

    [Fact]
    public void ASessionThatAnotherDispatcherHasTaken_IsNotKeptAliveByHeartbeats()
    {
        using var real = new RealDispatchers();
        Assert.Equal("ok", real.Apply(new SessionStep(SessionAct.Register, 0)));
        Assert.Equal("ok", real.Apply(new SessionStep(SessionAct.Register, 1)));
        Assert.Equal("InvalidArgument", real.Apply(new SessionStep(SessionAct.Heartbeat, 0, 1)));
        Assert.Equal("ok", real.Apply(new SessionStep(SessionAct.Heartbeat, 1, 2)));
    }

    private static (SessionState, SessionStep[]) Next(SessionState state, SessionStep[] path, SessionStep step)
    {
        var next = SessionSpecification.Apply(state, step);
        using var real = new RealDispatchers();
        foreach (var earlier in path)
        {
            real.Apply(earlier);
        }

        var answer = real.Apply(step);
        Require(next.Answer, answer, "answer");
        Require(next.Node.ToString(), real.Node, "node");
        Require(next.Current.ToString(), real.Current.ToString(), "session");
        Require(next.Reported.ToString(), real.Reported.ToString(), "reported states");
        for (var i = 0; i < next.Known.Length; i++)
        {
            if (next.Known[i] is { } known && real.Streams[i] is { } stream)
            {
                Require(known.End?.ToString() ?? "open", stream, $"stream at {i}");
            }
        }

        return (next, [.. path, step]);

        void Require(string expected, string actual, string what)
        {
            if (expected != actual)
            {
                throw new SpecificationException($"{step}: {what} is {actual}, not {expected}\nin {state}");
            }
        }
    }
}
