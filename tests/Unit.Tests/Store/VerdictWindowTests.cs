using CsCheck;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Applying;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class VerdictWindowTests
{
    private static readonly Gen<(bool IsFreeze, ulong Step, ulong Lag)> Steps = Gen.Select(Gen.Int[0, 9].Select(i => i == 0), Gen.ULong[0, 200], Gen.ULong[0, 400]);

    /// <summary>Sequences come nearly in order, and the floor follows them: whatever happens, it is what a dictionary would be.</summary>
    [Fact]
    public void AnyRecords_AreRememberedAsByADictionary() => Steps.Array[1, 200].Sample(steps =>
    {
        var (draft, model) = (new VerdictWindow.Draft(VerdictWindow.Empty), new SortedDictionary<ulong, CommitResult[]>());
        var (highest, floor) = (1ul, 1ul);
        var past = new List<(VerdictWindow Window, ulong Floor, List<(ulong, CommitResult[])> Model)>();
        foreach (var (isFreeze, step, lag) in steps)
        {
            highest += step;
            var sequence = Math.Max(floor, highest > lag ? highest - lag : 1);
            CommitResult[] verdicts = [new(CommitOutcome.Committed, sequence, null)];
            draft.Set(sequence, verdicts);
            model[sequence] = verdicts;
            floor = Math.Max(floor, sequence > 500 ? sequence - 500 : 1);
            draft.DropBelow(floor);
            Assert.Same(verdicts, draft.Find(sequence));
            Assert.Equal(model.GetValueOrDefault(highest), draft.Find(highest));
            if (isFreeze)
            {
                var window = draft.Freeze();
                past.Add((window, floor, [.. model.Where(m => m.Key >= floor).Select(m => (m.Key, m.Value))]));
                draft = new VerdictWindow.Draft(window);
            }
        }

        // Frozen ones stay what they were.
        Assert.All(past, p => Assert.Equal(p.Model, p.Window.From(p.Floor)));
        Assert.All(past, p => Assert.All(p.Model, m => Assert.Same(m.Item2, p.Window.Find(m.Item1))));
    });
}
