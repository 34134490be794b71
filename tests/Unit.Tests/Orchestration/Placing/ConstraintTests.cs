using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class ConstraintTests
{
    [Theory]
    [InlineData("", "constraint expected one operator from ==, !=")]
    [InlineData(" ", "constraint expected one operator from ==, !=")]
    [InlineData("node.id", "constraint expected one operator from ==, !=")]
    [InlineData("node.id=x", "constraint expected one operator from ==, !=")]
    [InlineData("node.id~x", "constraint expected one operator from ==, !=")]
    [InlineData("1node==x", "key '1node' is invalid")]
    [InlineData("node id==x", "key 'node id' is invalid")]
    [InlineData("node.*==x", "key 'node.*' is invalid")]
    [InlineData("no$de==x", "key 'no$de' is invalid")]
    [InlineData("n==x", "key 'n' is invalid")]
    [InlineData("node.id==", "value '' is invalid")]
    [InlineData("node.id== ", "value '' is invalid")]
    [InlineData("node.id==a,b", "value 'a,b' is invalid")]
    [InlineData("==x", "key '' is invalid")]
    [InlineData("!=x", "key '' is invalid")]
    public void AT_CON_1_BadExpression_NamesTheRule(string expression, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => PlacementConstraint.Parse(expression)).Message);

    [Theory]
    [InlineData(" node.hostname == N1 ", "node.hostname", "N1", true)]
    [InlineData("NODE.Labels.A-b_c!=x", "NODE.Labels.A-b_c", "x", false)]
    [InlineData("_k==v", "_k", "v", true)]
    [InlineData("no.de==a b:c-d_e.f*(g)?+[h]\\i^$|j/k", "no.de", "a b:c-d_e.f*(g)?+[h]\\i^$|j/k", true)]
    public void AT_CON_1_GoodExpression_IsTakenApart(string expression, string key, string value, bool isEqual)
    {
        var constraint = PlacementConstraint.Parse(expression);
        Assert.Equal((key, value, isEqual), (constraint.Key, constraint.Value, constraint.IsEqual));
    }

    [Theory]
    [InlineData("node.hostname==N1.Example", true)]
    [InlineData("node.hostname==n1", false)]
    [InlineData("node.hostname==n1.example.org", false)]
    [InlineData("node.hostname==n1.*", false)]
    [InlineData("node.hostname!=n1.*", true)]
    [InlineData("node.labels.stars==a*", true)]
    public void AT_CON_2_Comparison_IsOfTheWholeText_WithoutCaseAndPatterns(string expression, bool expected) =>
        Assert.Equal(expected, PlacementConstraint.Parse(expression).Matches(Sample()));

    [Theory]
    [InlineData("node.id==node-1", true)]
    [InlineData("node.id==node", false)]
    [InlineData("node.id==node-12", false)]
    [InlineData("node.id!=node-1", false)]
    [InlineData("node.role==worker", true)]
    [InlineData("node.role==MANAGER", false)]
    [InlineData("node.role!=manager", true)]
    [InlineData("Node.Labels.disk==ssd", true)]
    [InlineData("node.labels.Disk==ssd", false)]
    [InlineData("node.labels.Disk!=ssd", true)]
    [InlineData("engine.labels.disk==ssd", false)]
    [InlineData("engine.labels.disk==hdd", true)]
    [InlineData("engine.labels.os!=windows", true)]
    [InlineData("node.platform.os==Linux", true)]
    [InlineData("node.platform.arch==x86_64", true)]
    [InlineData("node.platform.arch==amd64", false)]
    [InlineData("node.ip==10.0.0.7", true)]
    [InlineData("node.ip!=10.0.0.7", false)]
    [InlineData("node.ip==::ffff:10.0.0.7", true)]
    [InlineData("node.ip==10.0.0.0/24", true)]
    [InlineData("node.ip==10.0.0.9/24", true)]
    [InlineData("node.ip==10.0.0.0/29", true)]
    [InlineData("node.ip==10.0.0.0/30", false)]
    [InlineData("node.ip!=10.0.0.0/24", false)]
    [InlineData("node.ip==10.1.0.0/16", false)]
    [InlineData("node.ip==2001:db8::/32", false)]
    [InlineData("node.ip!=2001:db8::/32", true)]
    [InlineData("node.ip==nonsense", false)]
    [InlineData("node.ip!=nonsense", false)]
    [InlineData("node.ip!=10", false)]
    [InlineData("node.ip!=10.0.0.0/33", false)]
    [InlineData("no.such.key==x", false)]
    [InlineData("no.such.key!=x", false)]
    [InlineData("node.labels.==x", false)]
    public void AT_CON_3_EachKey(string expression, bool expected) =>
        Assert.Equal(expected, PlacementConstraint.Parse(expression).Matches(Sample()));

    [Theory]
    [InlineData("node.ip==2001:DB8:0:0::2", true)]
    [InlineData("node.ip==2001:db8::/64", true)]
    [InlineData("node.ip!=2001:db8:0:1::/64", true)]
    [InlineData("node.ip==10.0.0.0/8", false)]
    public void AT_CON_3_AddressOfVersionSix(string expression, bool expected)
    {
        var node = Sample();
        node.Status.Addr = "2001:db8::2";
        Assert.Equal(expected, PlacementConstraint.Parse(expression).Matches(node));
    }

    [Theory]
    [InlineData("node.ip==10.0.0.7", false)]
    [InlineData("node.ip!=10.0.0.7", true)]
    [InlineData("node.ip!=10.0.0.0/8", true)]
    [InlineData("node.hostname==x", false)]
    [InlineData("node.hostname!=x", true)]
    [InlineData("node.platform.os!=x", true)]
    [InlineData("engine.labels.a!=x", true)]
    public void AT_CON_3_NodeThatSaysNothing(string expression, bool expected) =>
        Assert.Equal(expected, PlacementConstraint.Parse(expression).Matches(new Node { Id = "n" }));

    [Fact]
    public void AT_CON_3_AllMustHold_AndNoneOrAnUnreadableListConstrainsNothing()
    {
        Assert.True(Set().IsEmpty);
        Assert.True(Set("node.id==node-1", "no operator").IsEmpty);
        Assert.True(Set("node.id==node-1", "node.labels.disk==ssd").Matches(Sample()));
        Assert.False(Set("node.id==node-1", "node.labels.disk!=ssd").Matches(Sample()));
        Assert.Equal(["node.labels.disk != ssd"], Set("node.id==node-1", "node.labels.disk!=ssd").FailedBy(Sample()).Select(c => c.ToString()));
    }

    private static ConstraintSet Set(params string[] expressions) => ConstraintSet.Of(new TaskSpec { Placement = new Placement { Constraints = { expressions } } });

    private static Node Sample() => SchedulerWorld.NodeOf("node-1", node =>
    {
        node.Status.Addr = "10.0.0.7";
        node.Spec.Annotations.Labels.Add("disk", "ssd");
        node.Spec.Annotations.Labels.Add("stars", "a*");
        node.Description.Hostname = "n1.example";
        node.Description.Engine.Labels.Add("disk", "hdd");
        node.Description.Platform = new Platform { Os = "linux", Architecture = "x86_64" };
    });
}
