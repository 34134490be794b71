using SwarmOrleans.Tests.Specifications.Reconciling;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Specifications.Restarting;

public sealed class RestartTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Condition.Any, 0, 0, 2)]
    [InlineData(Condition.OnFailure, 0, 0, 2)]
    [InlineData(Condition.None, 0, 0, 2)]
    [InlineData(Condition.Any, 1, 0, 2)]
    [InlineData(Condition.OnFailure, 1, 2, 2)]
    [InlineData(Condition.Any, 1, 2, 2)]
    [InlineData(Condition.Any, 0, 0, 0)]
    public void TheReconciler_FillsASlot_AsTheSpecificationAllows(Condition condition, int attempts, int window, int history)
    {
        var specification = new RestartSpecification(new Policy(condition, attempts, window, history));
        output.WriteLine($"specification: {Refinement.Explore(specification, maxDepth: 14)}");
        output.WriteLine($"real code: {Refinement.Check(specification, maxDepth: 12)}");
    }
}
