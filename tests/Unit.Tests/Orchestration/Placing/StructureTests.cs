using CsCheck;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

/// <summary>The scheduler's own data structures beside plain ones.</summary>
public sealed class StructureTests
{
    [Fact]
    public void MinTree_FindsTheFirstSmallest_OfAnyRange() =>
        Gen.Select(Gen.Int[1, 70], Gen.Select(Gen.Int[0, 69], Gen.Long[0, 20]).Array[0, 100], Gen.Int[0, 69], Gen.Int[0, 70]).Sample((size, sets, from, to) =>
        {
            var tree = new MinTree(size);
            var plain = Enumerable.Repeat(MinTree.Absent, size).ToArray();
            foreach (var (position, key) in sets.Where(s => s.Item1 < size))
            {
                plain[position] = key > 15 ? MinTree.Absent : key;
                tree.Set(position, plain[position]);
            }

            var (low, high) = (Math.Min(from, size), Math.Min(to, size));
            return tree.First() == Smallest(plain, 0, size) && (low > high || Key(plain, tree.First(low, high)) == Key(plain, Smallest(plain, low, high)));
        });

    [Fact]
    public void NodeCounts_CountLikeADictionary() =>
        Gen.Select(Gen.Int[0, 30], Gen.Bool).Array[0, 200].Sample(steps =>
        {
            var counts = new NodeCounts();
            var plain = new Dictionary<int, int>();
            foreach (var (node, isMore) in steps)
            {
                if (isMore)
                {
                    counts.Increment(node * 1000);
                    plain[node] = plain.GetValueOrDefault(node) + 1;
                }
                else if (plain.GetValueOrDefault(node) > 0)
                {
                    counts.Decrement(node * 1000);
                    plain[node]--;
                }
            }

            return Enumerable.Range(0, 31).All(n => counts[n * 1000] == plain.GetValueOrDefault(n))
                && counts.Total == plain.Values.Sum() && counts.Nodes == plain.Values.Count(c => c > 0) && counts.All().Sum(e => e.Count) == counts.Total;
        });

    [Fact]
    public void LoadLevels_KeepTheOrderOfLevelsAndArrival() =>
        Gen.Select(Gen.Int[0, 20], Gen.Int[-1, 12]).Array[0, 100].Sample(steps =>
        {
            var (levels, links) = (new LoadLevels(), new NodeLinks());
            var plain = new List<(int Node, int Level)>();
            foreach (var (node, level) in steps)
            {
                links.Ensure(node);
                if (plain.RemoveAll(p => p.Node == node) > 0)
                {
                    levels.Unlink(node, links);
                }

                if (level >= 0)
                {
                    levels.Link(node, level, links);
                    plain.Add((node, level));
                }
            }

            var found = new List<int>();
            for (var node = levels.First(); node != LoadLevels.None; node = levels.After(node, links))
            {
                found.Add(node);
            }

            return found.SequenceEqual(plain.OrderBy(p => p.Level).Select(p => p.Node));
        });

    private static int Smallest(long[] keys, int from, int to)
    {
        var best = -1;
        for (var i = from; i < to; i++)
        {
            if (keys[i] != MinTree.Absent && (best < 0 || keys[i] < keys[best]))
            {
                best = i;
            }
        }

        return best;
    }

    private static long Key(long[] keys, int position) => position < 0 ? MinTree.Absent : keys[position];
}
