using System.Globalization;
using System.Text.RegularExpressions;

namespace SwarmOrleans.Tests.Unit.House;

/// <summary>
/// Holds the tree to the acceptance lines of SwarmKit's orchestration: each is a test that bears its id, or a difference that is on record with a
/// test of its own.
/// </summary>
public sealed partial class AcceptanceLinesTests
{
    /// <summary>Lines whose subject is not built yet. May only become shorter.</summary>
    private static readonly string[] NotYet = [];

    [Fact]
    public void EveryLine_IsATest_OrADifferenceWithATest()
    {
        var lines = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "tests/Unit.Tests/House/acceptance-lines.txt"));
        var tests = Tests();
        var tested = tests.SelectMany(t => TestedLine().Matches(t)).Select(m => $"AT-{m.Groups[1].Value}-{m.Groups[2].Value}").ToHashSet();
        var recorded = Recorded(tests);
        recorded.ExceptWith(tested);
        var unknown = tested.Concat(recorded).Except(lines).ToList();
        Assert.True(unknown.Count == 0, $"no such acceptance line: {string.Join(", ", unknown)}");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{tested.Count} of {lines.Length} acceptance lines are tests, {recorded.Count} are recorded differences with tests, {NotYet.Length} not yet");
        Assert.Equal(NotYet, lines.Where(line => !tested.Contains(line) && !recorded.Contains(line)));
    }

    private static HashSet<string> Tests() =>
        [.. Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => TestMethod().Matches(File.ReadAllText(file))).Select(m => m.Groups[1].Value)];

    // A row of the table of differences that names lines must name a test that exists.
    private static HashSet<string> Recorded(HashSet<string> tests)
    {
        var recorded = new HashSet<string>();
        foreach (var row in File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs/design/differences-from-swarmkit.md")).Where(l => l.StartsWith('|')))
        {
            var cells = row.Split('|', StringSplitOptions.TrimEntries);
            foreach (Match named in RecordedLine().Matches(cells[1]))
            {
                var (part, first) = (named.Groups[1].Value, int.Parse(named.Groups[2].Value, CultureInfo.InvariantCulture));
                var last = named.Groups[3].Success ? int.Parse(named.Groups[3].Value, CultureInfo.InvariantCulture) : first;
                recorded.UnionWith(Enumerable.Range(first, last - first + 1).Select(n => $"AT-{part}-{n}"));
                var test = NamedTest().Match(cells[^2]).Groups[1].Value;
                Assert.True(test.Length > 0 && tests.Any(t => t.StartsWith(test, StringComparison.Ordinal)), $"no test {cells[^2]} for {named.Value}");
            }
        }

        return recorded;
    }

    [GeneratedRegex(@"public (?:async Task|Task|void|static void) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"AT_([A-Z]{3})_(\d+)_")]
    private static partial Regex TestedLine();

    [GeneratedRegex(@"AT-([A-Z]{3})-(\d+)(?: to AT-[A-Z]{3}-(\d+))?")]
    private static partial Regex RecordedLine();

    [GeneratedRegex(@"`(?:\w+\.)?(\w+?)…?`")]
    private static partial Regex NamedTest();
}
