using CsCheck;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class PersistentMapTests
{
    private static readonly Gen<List<(int Key, bool Set)>> Operations = Gen.Select(Gen.Int[0, 400], Gen.Bool).List[0, 600];

    [Fact]
    public void AnyChanges_AgreeWithADictionary() => Operations.Sample(operations =>
    {
        var map = PersistentMap<int>.Empty;
        var model = new Dictionary<string, int>();
        for (var i = 0; i < operations.Count; i++)
        {
            var key = $"key{operations[i].Key}";
            if (operations[i].Set)
            {
                map = map.Set(key, i);
                model[key] = i;
            }
            else
            {
                map = map.Remove(key);
                model.Remove(key);
            }
        }

        return map.Count == model.Count
            && model.All(m => map.TryGet(m.Key, out var value) && value == m.Value)
            && map.ToDictionary(e => e.Key, e => e.Value).Count == model.Count
            && !map.TryGet("absent", out _);
    });

    [Fact]
    public void SameContent_IsEnumeratedAlike_WhateverItsHistory() => Operations.Sample(operations =>
    {
        var grown = PersistentMap<int>.Empty;
        foreach (var (key, set) in operations)
        {
            grown = set ? grown.Set($"key{key}", key) : grown.Remove($"key{key}");
        }

        var built = grown.OrderByDescending(e => e.Value).Aggregate(PersistentMap<int>.Empty, (map, e) => map.Set(e.Key, e.Value));
        return grown.SequenceEqual(built);
    });

    [Fact]
    public void ChangesOfOneOwner_DoNotReachTheMapBeforeThem() => Operations.Sample(operations =>
    {
        var before = operations.Aggregate(PersistentMap<int>.Empty, (map, o) => map.Set($"key{o.Key}", 1));
        var content = before.ToDictionary(e => e.Key, e => e.Value);
        var copied = before;
        var owned = before;
        var owner = new object();
        foreach (var (key, set) in operations)
        {
            var (first, second) = ($"key{key}", $"key{key / 2}");
            copied = set ? copied.Set(first, 2).Set(second, 3) : copied.Remove(second);
            owned = set ? owned.Set(first, 2, owner).Set(second, 3, owner) : owned.Remove(second, owner);
        }

        return owned.SequenceEqual(copied) && owned.Count == copied.Count
            && before.Count == content.Count && before.All(e => content[e.Key] == e.Value);
    });

    [Fact]
    public void Change_LeavesTheOlderMapAsItWas()
    {
        var old = Enumerable.Range(0, 1000).Aggregate(PersistentMap<int>.Empty, (map, i) => map.Set($"key{i}", i));
        var changed = Enumerable.Range(0, 1000).Aggregate(old, (map, i) => i % 2 == 0 ? map.Remove($"key{i}") : map.Set($"key{i}", -i));
        Assert.Equal(500, changed.Count);
        Assert.All(Enumerable.Range(0, 1000), i => Assert.True(old.TryGet($"key{i}", out var value) && value == i));
    }
}
