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
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="owner">
    /// Who may change in place what it made itself: a series of changes under one owner copies each path once. Only the last map of such a
    /// series may be used, and the owner must not be used again once others see that map. Null copies always.
    /// </param>
    public PersistentMap<TValue> Set(string key, TValue value, object? owner = null)
    {
        var added = false;
        var root = Insert(_root, new Leaf(KeyHash.Of(key), key, value), 0, owner, ref added);
        return root == _root && !added ? this : new PersistentMap<TValue>(root, Count + (added ? 1 : 0));
    }

    /// <summary>A map without <paramref name="key"/>; this one when the key is absent. For the owner see <see cref="Set"/>.</summary>
    public PersistentMap<TValue> Remove(string key, object? owner = null)
    {
        var removed = false;
        var root = Delete(_root, KeyHash.Of(key), key, 0, owner, ref removed);
        return removed ? new PersistentMap<TValue>(root as Branch ?? Wrap((Leaf?)root), Count - 1) : this;
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
        leaf is null ? Branch.Empty : new Branch(1u << (int)(leaf.Hash & Mask), [leaf], null);

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

    private static Branch Insert(Branch node, Leaf leaf, int shift, object? owner, ref bool added)
    {
        if (shift > MaxShift)
        {
            return InsertCollision(node, leaf, owner, ref added);
        }

        var bit = 1u << (int)((leaf.Hash >> shift) & Mask);
        var index = BitOperations.PopCount(node.Bitmap & (bit - 1));
        if ((node.Bitmap & bit) == 0)
        {
            added = true;
            return node.With(node.Bitmap | bit, InsertAt(node.Slots, index, leaf), owner);
        }

        object replacement;
        if (node.Slots[index] is not Leaf other)
        {
            replacement = Insert((Branch)node.Slots[index], leaf, shift + Bits, owner, ref added);
        }
        else if (other.Hash == leaf.Hash && other.Key == leaf.Key)
        {
            replacement = leaf;
        }
        else
        {
            added = true;
            replacement = Pair(other, leaf, shift + Bits, owner);
        }

        return node.WithSlot(index, replacement, owner);
    }

    private static Branch InsertCollision(Branch node, Leaf leaf, object? owner, ref bool added)
    {
        var at = Array.FindIndex(node.Slots, s => string.CompareOrdinal(((Leaf)s).Key, leaf.Key) >= 0);
        if (at >= 0 && ((Leaf)node.Slots[at]).Key == leaf.Key)
        {
            return node.WithSlot(at, leaf, owner);
        }

        added = true;
        return node.With(0, InsertAt(node.Slots, at < 0 ? node.Slots.Length : at, leaf), owner);
    }

    private static Branch Pair(Leaf a, Leaf b, int shift, object? owner)
    {
        if (shift > MaxShift)
        {
            return new Branch(0, string.CompareOrdinal(a.Key, b.Key) < 0 ? [a, b] : [b, a], owner);
        }

        var (left, right) = ((int)((a.Hash >> shift) & Mask), (int)((b.Hash >> shift) & Mask));
        if (left == right)
        {
            return new Branch(1u << left, [Pair(a, b, shift + Bits, owner)], owner);
        }

        return new Branch(1u << left | 1u << right, left < right ? [a, b] : [b, a], owner);
    }

    // The node without the key: itself when absent, null when nothing is left, a leaf when only that is left.
    private static object? Delete(Branch node, ulong hash, string key, int shift, object? owner, ref bool removed)
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
            rest = Delete(child, hash, key, shift + Bits, owner, ref removed);
        }
        else if (((Leaf)node.Slots[index]).Key == key)
        {
            removed = true;
        }

        return removed ? Without(node, index, rest, shift, owner) : node;
    }

    private static object? Without(Branch node, int index, object? rest, int shift, object? owner)
    {
        if (rest is not null)
        {
            return node.Slots.Length == 1 && rest is Leaf ? rest : node.WithSlot(index, rest, owner);
        }

        switch (node.Slots.Length)
        {
            case 1:
                return null;
            case 2 when node.Slots[1 - index] is Leaf last:
                return last;
        }

        return node.With(shift > MaxShift ? 0 : Clear(node.Bitmap, index), RemoveAt(node.Slots, index), owner);
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

    private static object[] RemoveAt(object[] slots, int index)
    {
        var copy = new object[slots.Length - 1];
        Array.Copy(slots, copy, index);
        Array.Copy(slots, index + 1, copy, index, copy.Length - index);
        return copy;
    }

    private sealed class Branch(uint bitmap, object[] slots, object? owner)
    {
        public static readonly Branch Empty = new(0, [], null);

        private readonly object? _owner = owner;

        public uint Bitmap { get; private set; } = bitmap;

        public object[] Slots { get; private set; } = slots;

        /// <summary>This branch with other slots, which must be new.</summary>
        public Branch With(uint bitmap, object[] slots, object? owner)
        {
            if (owner is null || owner != _owner)
            {
                return new Branch(bitmap, slots, owner);
            }

            (Bitmap, Slots) = (bitmap, slots);
            return this;
        }

        /// <summary>This branch with one slot replaced.</summary>
        public Branch WithSlot(int index, object slot, object? owner)
        {
            if (owner is not null && owner == _owner)
            {
                Slots[index] = slot;
                return this;
            }

            var copy = (object[])Slots.Clone();
            copy[index] = slot;
            return new Branch(Bitmap, copy, owner);
        }
    }

    private sealed class Leaf(ulong hash, string key, TValue value)
    {
        public readonly ulong Hash = hash;
        public readonly string Key = key;
        public readonly TValue Value = value;
    }
}
