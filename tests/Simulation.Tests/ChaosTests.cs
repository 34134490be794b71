using System.Globalization;
using SwarmOrleans.Tests.Simulation.Scenarios;

namespace SwarmOrleans.Tests.Simulation;

/// <summary>Whole clusters in virtual time. A failure names its seed; SIMULATION_SEEDS=7-7 runs that one again, 1-1000 a campaign.</summary>
public sealed class ChaosTests
{
    private const string DefaultSeeds = "1-25";

    public static TheoryData<int> Seeds
    {
        get
        {
            var range = (Environment.GetEnvironmentVariable("SIMULATION_SEEDS") ?? DefaultSeeds).Split('-');
            var (first, last) = (int.Parse(range[0], CultureInfo.InvariantCulture), int.Parse(range[^1], CultureInfo.InvariantCulture));
            return [.. Enumerable.Range(first, last - first + 1)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ThreeManagersTenAgents_ComeToWhatWasAcknowledged(int seed)
    {
        var outcome = new ChaosScenario(seed).Run();
        Assert.True(outcome.Transitions > 10, $"only {outcome.Transitions} transitions were looked at");
    }

    [Fact]
    public void OneSeed_IsOneRun() => Assert.Equal(new ChaosScenario(7).Run(), new ChaosScenario(7).Run());
}
