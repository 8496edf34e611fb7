-- Days and numbers that no paper has, which earlier versions took from whoever sent them.
UPDATE papers SET featured_on = NULL WHERE featured_on NOT BETWEEN '1900-01-01' AND '2199-12-31';
UPDATE papers SET published_on = NULL WHERE published_on NOT BETWEEN '1900-01-01' AND '2199-12-31';
DELETE FROM featured_days WHERE day NOT BETWEEN '1900-01-01' AND '2199-12-31';
UPDATE papers SET upvotes = NULL WHERE upvotes > 1000000000;
UPDATE papers SET comment_count = NULL WHERE comment_count > 1000000000;
UPDATE papers SET author_count = NULL WHERE author_count > 1000000000;
DELETE FROM upvotes WHERE upvotes > 1000000000;
