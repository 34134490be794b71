using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class GenericResourceTests
{
    [Theory]
    [InlineData("apple=3", "apple=2", "apple=1", "apple=2")]
    [InlineData("apple=3", "apple=0", "apple=3", "")]
    public void AT_GEN_1_ClaimOfOneDiscreteKind(string free, string wanted, string left, string claimed) => Claim(free, wanted, left, claimed);

    [Theory]
    [InlineData("apple=3 banana=2 orange=1", "apple=1 orange=1", "apple=2 banana=2", "apple=1 orange=1")]
    public void AT_GEN_2_ClaimOfSeveralDiscreteKinds_ExhaustedOnesDisappear(string free, string wanted, string left, string claimed) =>
        Claim(free, wanted, left, claimed);

    [Theory]
    [InlineData("apple=red apple=green apple=blue", "apple=2", "apple=blue", "apple=red apple=green")]
    [InlineData("apple=red orange=red apple=green orange=blue pear=2", "apple=1 orange=2", "apple=green pear=2", "apple=red orange=red orange=blue")]
    public void AT_GEN_3_ClaimOfNamedKinds_TakesTheFirstValues(string free, string wanted, string left, string claimed) =>
        Claim(free, wanted, left, claimed);

    [Fact]
    public void Claim_OfWhichSomeFails_TakesNothing()
    {
        var free = Parse("apple=3 orange=red");
        Assert.Null(GenericResources.Claim(free, Parse("apple=2 orange=2")));
        Assert.Null(GenericResources.Claim(free, Parse("apple=2 apple=2")));
        Assert.Null(GenericResources.Claim(free, Parse("orange=red")));
        Assert.Equal("apple=3 orange=red", Generic.Text(free));
    }

    [Theory]
    [InlineData("apple=3", "apple=2", "apple=5")]
    [InlineData("apple=3 orange=4", "banana=1 orange=2", "apple=3 orange=6 banana=1")]
    public void AT_GEN_4_ReclaimOfDiscreteKinds(string free, string returned, string expected) => Add(free, returned, expected);

    [Theory]
    [InlineData("orange=red", "orange=blue", "orange=red orange=blue")]
    [InlineData("orange=red apple=1", "orange=red orange=green", "orange=red apple=1 orange=red orange=green")]
    public void AT_GEN_5_ReclaimOfNamedKinds_Appends(string free, string returned, string expected) => Add(free, returned, expected);

    [Fact]
    public void AT_GEN_6_ReclaimOfEverything()
    {
        var described = Parse("d1=3 d2=4 d3=5 d4=6 n1=a n1=b n2=a n2=b n2=c n3=x n3=y n3=z");
        var free = Parse("d1=1 d2=4 n1=b n2=a");
        GenericResources.Reclaim(free, Parse("d1=2 d3=5 d4=6 n1=a n2=b n2=c n3=x n3=y n3=z"), described);
        Assert.Equal(12, free.Count);
        Assert.Equal(Sorted(described), Sorted(free));
    }

    [Theory]
    [InlineData("apple=2 pear=1", "apple=2", "apple=2")]
    [InlineData("apple=2", "apple=3", "apple=2")]
    [InlineData("apple=9", "apple=3", "apple=3")]
    public void AT_GEN_7_SanitizeOfDiscreteKinds(string free, string described, string expected) => Sanitize(free, described, expected);

    [Theory]
    [InlineData("apple=red apple=blue apple=red", "apple=red apple=green", "apple=red")]
    public void AT_GEN_8_SanitizeOfNamedKinds(string free, string described, string expected) => Sanitize(free, described, expected);

    [Theory]
    [InlineData("apple=5 pear=1", "apple=red apple=green pear=1", "apple=red apple=green pear=1")]
    [InlineData("apple=red apple=green apple=blue", "apple=5", "apple=5")]
    public void AT_GEN_9_SanitizeOfAKindWhoseTypeChanged_IsTheDescription_Once(string free, string described, string expected) =>
        Sanitize(free, described, expected);

    [Theory]
    [InlineData("apple=3", "apple=2", "apple=1")]
    [InlineData("apple=3", "apple=3", "")]
    [InlineData("apple=3", "apple=9", "")]
    [InlineData("apple=red apple=green", "apple=green apple=green apple=none", "apple=red")]
    [InlineData("apple=3 orange=red orange=blue", "orange=red apple=1 pear=7", "apple=2 orange=blue")]
    public void AT_GEN_10_Consume(string free, string taken, string expected)
    {
        var list = Parse(free);
        GenericResources.Consume(list, Parse(taken));
        Assert.Equal(expected, Generic.Text(list));
    }

    [Fact]
    public void AT_GEN_11_ParseOfDiscreteKinds()
    {
        Assert.Equal("apple=3", Generic.Text(GenericResourceText.Parse("apple=3")));
        foreach (var text in new[] { "apple=3\napple=4", "apple=3,apple=4", "apple=-3", "", "apple", "=3", "apple=" })
        {
            Assert.Throws<FormatException>(() => GenericResourceText.Parse(text));
        }
    }

    [Fact]
    public void AT_GEN_12_ParseOfSets_AndOfBoth()
    {
        Assert.Equal("apple=red", Generic.Text(GenericResourceText.Parse("apple=red")));
        Assert.Equal("orange=red orange=green banana=2", Generic.Text(GenericResourceText.Parse("orange=red,banana=2,orange=green")));
        Assert.Throws<FormatException>(() => GenericResourceText.Parse("apple=red,apple=3"));
    }

    [Theory]
    [InlineData("apple=5", "apple=3", true)]
    [InlineData("apple=5", "apple=5", true)]
    [InlineData("apple=5", "apple=6", false)]
    [InlineData("apple=5", "pear=1", false)]
    [InlineData("apple=red apple=blue", "apple=2", true)]
    [InlineData("apple=red apple=blue", "apple=3", false)]
    public void AT_GEN_13_HasEnough(string free, string wanted, bool expected) =>
        Assert.Equal(expected, GenericResources.HasEnough(Parse(free), Parse(wanted)[0]));

    [Theory]
    [InlineData("apple=5", "apple=5", true)]
    [InlineData("apple=4", "apple=5", false)]
    [InlineData("apple=red", "apple=1", false)]
    [InlineData("apple=red apple=blue", "apple=blue", true)]
    [InlineData("apple=red", "apple=blue", false)]
    public void Offers_WhatWasAssigned(string offered, string assigned, bool expected) =>
        Assert.Equal(expected, GenericResources.Offers(Parse(offered), Parse(assigned)[0]));

    [Fact]
    public void NamedValueInUse_StaysInUse_WhenTheSchedulerStartsAgain()
    {
        var world = new SchedulerWorld();
        world.Run("n1", 1, "first", task =>
        {
            SchedulerWorld.Reserving(generic: [("gpu", 1)])(task);
            task.AssignedGenericResources.Add(Generic.Named("gpu", "two"));
        });
        world.Node("n1", n => n.Description.Resources.Generic.AddRange(Generic.Set("gpu", "one", "two")));
        var next = world.Wait("second", SchedulerWorld.Reserving(generic: [("gpu", 1)]));
        var last = world.Wait("third", SchedulerWorld.Reserving(generic: [("gpu", 1)]));
        world.Plan();
        Assert.Equal("gpu=one", Generic.Text(world.Find(next).AssignedGenericResources));
        Assert.Equal("no suitable node (insufficient resources on 1 node)", world.ErrorOf(last));
        world.End(next, TaskState.Complete);
        world.Plan();
        Assert.Equal("gpu=one", Generic.Text(world.Find(last).AssignedGenericResources));
    }

    private static void Claim(string free, string wanted, string left, string claimed)
    {
        var list = Parse(free);
        Assert.Equal(claimed, Generic.Text(GenericResources.Claim(list, Parse(wanted))!));
        Assert.Equal(left, Generic.Text(list));
    }

    private static void Add(string free, string returned, string expected)
    {
        var list = Parse(free);
        GenericResources.Add(list, Parse(returned));
        Assert.Equal(expected, Generic.Text(list));
    }

    private static void Sanitize(string free, string described, string expected)
    {
        var list = Parse(free);
        GenericResources.Sanitize(list, Parse(described));
        Assert.Equal(expected, Generic.Text(list));
    }

    private static string Sorted(IEnumerable<GenericResource> resources) => string.Join(' ', Generic.Text(resources).Split(' ').Order(StringComparer.Ordinal));

    private static List<GenericResource> Parse(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=') is [var kind, var value] && long.TryParse(value, out var amount)
            ? Generic.Discrete(kind, amount)
            : Generic.Named(part.Split('=')[0], part.Split('=')[1])),
    ];
}
