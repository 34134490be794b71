using SwarmOrleans.Tests.Specifications.Reconciling;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Specifications.Jobs;

public sealed class JobTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(2, 2, Condition.Any, 0, 8)]
    [InlineData(2, 1, Condition.OnFailure, 1, 10)]
    [InlineData(2, 1, Condition.None, 0, 9)]
    [InlineData(0, 0, Condition.Any, 0, 9)]
    [InlineData(0, 0, Condition.OnFailure, 1, 9)]
    [InlineData(0, 0, Condition.None, 0, 9)]
    public void TheReconciler_RunsAJob_AsTheSpecificationAllows(int total, int concurrent, Condition condition, int attempts, int depth)
    {
        var specification = new JobSpecification(new JobSettings(total, concurrent, condition, attempts));
        output.WriteLine($"specification: {Refinement.Explore(specification, maxDepth: 8)}");
        output.WriteLine($"real code: {Refinement.Check(specification, depth)}");
    }
}
