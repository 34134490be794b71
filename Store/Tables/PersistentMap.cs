using System.Collections;
using System.Numerics;

namespace SwarmOrleans.Store.Tables;

/// <summary>
/// An immutable map from string keys: a hash array mapped trie. A change copies the path to one leaf; readers of older versions are not
/// disturbed. The shape depends on the content alone, so that replicas enumerate alike.
/// </summary>
/// <typeparam name="TValue">What a key maps to.</typeparam>
internal sealed class PersistentMap<TValue> : IEnumerable<KeyValuePair<string, TValue>>
{
    private const int Bits = 5;
    private const int Mask = 31;
    private const int MaxShift = 60;

    /// <summary>The map without entries.</summary>
    public static readonly PersistentMap<TValue> Empty = new(Branch.Empty, 0);

    private readonly Branch _root;

    private PersistentMap(Branch root, int count)
    {
        _root = root;
        Count = count;
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Looks <paramref name="key"/> up.</summary>
    public bool TryGet(string key, out TValue value)
    {
        var hash = KeyHash.Of(key);
        var node = _root;
        for (var shift = 0; ; shift += Bits)
        {
            if (shift > MaxShift)
            {
                return FindInCollision(node, key, out value);
            }

            var bit = 1u << (int)((hash >> shift) & Mask);
            if ((node.Bitmap & bit) == 0)
            {
                value = default!;
                return false;
            }

            var slot = node.Slots[BitOperations.PopCount(node.Bitmap & (bit - 1))];
            if (slot is Leaf leaf)
            {
                value = leaf.Value;
                return leaf.Hash == hash && leaf.Key == key;
            }

            node = (Branch)slot;
        }
    }

    /// <summary>A map in which <paramref name="key"/> maps to <paramref name="value"/>.</summary>
    public PersistentMap<TValue> Set(string key, TValue value)
    {
        var added = false;
        var root = Insert(_root, new Leaf(KeyHash.Of(key), key, value), 0, ref added);
        return new PersistentMap<TValue>(root, Count + (added ? 1 : 0));
    }

    /// <summary>A map without <paramref name="key"/>; this one when the key is absent.</summary>
    public PersistentMap<TValue> Remove(string key)
    {
        var root = Delete(_root, KeyHash.Of(key), key, 0);
        return root == (object)_root ? this : new PersistentMap<TValue>(root as Branch ?? Wrap((Leaf?)root), Count - 1);
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, TValue>> GetEnumerator()
    {
        var stack = new Stack<(Branch Node, int Next)>();
        stack.Push((_root, 0));
        while (stack.TryPop(out var top))
        {
            if (top.Next == top.Node.Slots.Length)
            {
                continue;
            }

            stack.Push((top.Node, top.Next + 1));
            if (top.Node.Slots[top.Next] is Leaf leaf)
            {
                yield return new(leaf.Key, leaf.Value);
            }
            else
            {
                stack.Push(((Branch)top.Node.Slots[top.Next], 0));
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Branch Wrap(Leaf? leaf) =>
        leaf is null ? Branch.Empty : new Branch(1u << (int)(leaf.Hash & Mask), [leaf]);

    private static bool FindInCollision(Branch node, string key, out TValue value)
    {
        foreach (var slot in node.Slots)
        {
            if (((Leaf)slot).Key == key)
            {
                value = ((Leaf)slot).Value;
                return true;
            }
        }

        value = default!;
        return false;
    }

    private static Branch Insert(Branch node, Leaf leaf, int shift, ref bool added)
    {
        if (shift > MaxShift)
        {
            return InsertCollision(node, leaf, ref added);
        }

        var bit = 1u << (int)((leaf.Hash >> shift) & Mask);
        var index = BitOperations.PopCount(node.Bitmap & (bit - 1));
        if ((node.Bitmap & bit) == 0)
        {
            added = true;
            return new Branch(node.Bitmap | bit, InsertAt(node.Slots, index, leaf));
        }

        object replacement;
        if (node.Slots[index] is Leaf other)
        {
            if (other.Hash == leaf.Hash && other.Key == leaf.Key)
            {
                replacement = leaf;
            }
            else
            {
                added = true;
                replacement = Pair(other, leaf, shift + Bits);
            }
        }
        else
        {
            replacement = Insert((Branch)node.Slots[index], leaf, shift + Bits, ref added);
        }

        return new Branch(node.Bitmap, ReplaceAt(node.Slots, index, replacement));
    }

    private static Branch InsertCollision(Branch node, Leaf leaf, ref bool added)
    {
        var at = Array.FindIndex(node.Slots, s => string.CompareOrdinal(((Leaf)s).Key, leaf.Key) >= 0);
        if (at >= 0 && ((Leaf)node.Slots[at]).Key == leaf.Key)
        {
            return new Branch(0, ReplaceAt(node.Slots, at, leaf));
        }

        added = true;
        return new Branch(0, InsertAt(node.Slots, at < 0 ? node.Slots.Length : at, leaf));
    }

    private static Branch Pair(Leaf a, Leaf b, int shift)
    {
        if (shift > MaxShift)
        {
            return new Branch(0, string.CompareOrdinal(a.Key, b.Key) < 0 ? [a, b] : [b, a]);
        }

        var (left, right) = ((int)((a.Hash >> shift) & Mask), (int)((b.Hash >> shift) & Mask));
        if (left == right)
        {
            return new Branch(1u << left, [Pair(a, b, shift + Bits)]);
        }

        return new Branch(1u << left | 1u << right, left < right ? [a, b] : [b, a]);
    }

    // The node without the key: itself when absent, null when nothing is left, a leaf when only that is left.
    private static object? Delete(Branch node, ulong hash, string key, int shift)
    {
        var index = shift > MaxShift
            ? Array.FindIndex(node.Slots, s => ((Leaf)s).Key == key)
            : (node.Bitmap & (1u << (int)((hash >> shift) & Mask))) == 0
                ? -1
                : BitOperations.PopCount(node.Bitmap & ((1u << (int)((hash >> shift) & Mask)) - 1));
        if (index < 0)
        {
            return node;
        }

        object? rest = null;
        if (node.Slots[index] is Branch child)
        {
            rest = Delete(child, hash, key, shift + Bits);
            if (rest == (object)child)
            {
                return node;
            }
        }
        else if (((Leaf)node.Slots[index]).Key != key)
        {
            return node;
        }

        return Without(node, index, rest, shift);
    }

    private static object? Without(Branch node, int index, object? rest, int shift)
    {
        if (rest is not null)
        {
            return node.Slots.Length == 1 && rest is Leaf ? rest : new Branch(node.Bitmap, ReplaceAt(node.Slots, index, rest));
        }

        switch (node.Slots.Length)
        {
            case 1:
                return null;
            case 2 when node.Slots[1 - index] is Leaf last:
                return last;
        }

        return new Branch(shift > MaxShift ? 0 : Clear(node.Bitmap, index), RemoveAt(node.Slots, index));
    }

    private static uint Clear(uint bitmap, int index)
    {
        var rest = bitmap;
        for (var i = 0; i < index; i++)
        {
            rest &= rest - 1;
        }

        return bitmap & ~(rest & (~rest + 1));
    }

    private static object[] InsertAt(object[] slots, int index, object slot)
    {
        var copy = new object[slots.Length + 1];
        Array.Copy(slots, copy, index);
        copy[index] = slot;
        Array.Copy(slots, index, copy, index + 1, slots.Length - index);
        return copy;
    }

    private static object[] ReplaceAt(object[] slots, int index, object slot)
    {
        var copy = (object[])slots.Clone();
        copy[index] = slot;
        return copy;
    }

    private static object[] RemoveAt(object[] slots, int index)
    {
        var copy = new object[slots.Length - 1];
        Array.Copy(slots, copy, index);
        Array.Copy(slots, index + 1, copy, index, copy.Length - index);
        return copy;
    }

    private sealed record Branch(uint Bitmap, object[] Slots)
    {
        public static readonly Branch Empty = new(0, []);
    }

    private sealed class Leaf(ulong hash, string key, TValue value)
    {
        public readonly ulong Hash = hash;
        public readonly string Key = key;
        public readonly TValue Value = value;
    }
}
