using System.Numerics;

namespace SwarmOrleans.Orchestration;

/// <summary>Which of a row of numbers are in use: a bitmap in pages that exist only where something is in use.</summary>
/// <param name="size">Number of bits.</param>
internal sealed class AddressBits(long size)
{
    private const int WordBits = 64;
    private const int PageWords = 16;
    private const int PageBits = PageWords * WordBits;

    private readonly Page?[] _pages = new Page?[(size + PageBits - 1) / PageBits];

    /// <summary>Number of bits that are set.</summary>
    public long Count { get; private set; }

    public bool this[long bit] => _pages[bit / PageBits] is { } page && (page.Words[WordOf(bit)] & BitOf(bit)) != 0;

    /// <summary>False when it is set already.</summary>
    public bool Set(long bit)
    {
        var page = _pages[bit / PageBits] ??= new Page();
        ref var word = ref page.Words[WordOf(bit)];
        if ((word & BitOf(bit)) != 0)
        {
            return false;
        }

        word |= BitOf(bit);
        page.Count++;
        Count++;
        return true;
    }

    /// <summary>False when it is not set.</summary>
    public bool Clear(long bit)
    {
        if (!this[bit])
        {
            return false;
        }

        var page = _pages[bit / PageBits]!;
        page.Words[WordOf(bit)] &= ~BitOf(bit);
        Count--;
        if (--page.Count == 0)
        {
            _pages[bit / PageBits] = null;
        }

        return true;
    }

    /// <summary>The lowest clear bit from <paramref name="first"/> to <paramref name="last"/>; null when all are set.</summary>
    public long? LowestClear(long first, long last)
    {
        for (var bit = first; bit <= last;)
        {
            if (_pages[bit / PageBits] is not { } page)
            {
                return bit;
            }

            if (page.Count == PageBits)
            {
                bit = ((bit / PageBits) + 1) * PageBits;
                continue;
            }

            var free = ~page.Words[WordOf(bit)] & (ulong.MaxValue << (int)(bit % WordBits));
            if (free != 0)
            {
                var found = (bit / WordBits * WordBits) + BitOperations.TrailingZeroCount(free);
                return found <= last ? found : null;
            }

            bit = ((bit / WordBits) + 1) * WordBits;
        }

        return null;
    }

    /// <summary>The highest clear bit from <paramref name="first"/> to <paramref name="last"/>; null when all are set.</summary>
    public long? HighestClear(long first, long last)
    {
        for (var bit = last; bit >= first;)
        {
            if (_pages[bit / PageBits] is not { } page)
            {
                return bit;
            }

            if (page.Count == PageBits)
            {
                bit = (bit / PageBits * PageBits) - 1;
                continue;
            }

            var free = ~page.Words[WordOf(bit)] & (ulong.MaxValue >> (int)(WordBits - 1 - (bit % WordBits)));
            if (free != 0)
            {
                var found = (bit / WordBits * WordBits) + BitOperations.Log2(free);
                return found >= first ? found : null;
            }

            bit = (bit / WordBits * WordBits) - 1;
        }

        return null;
    }

    private static int WordOf(long bit) => (int)(bit % PageBits / WordBits);

    private static ulong BitOf(long bit) => 1ul << (int)(bit % WordBits);

    private sealed class Page
    {
        public ulong[] Words { get; } = new ulong[PageWords];

        public int Count { get; set; }
    }
}
